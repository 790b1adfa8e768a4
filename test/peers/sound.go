package peers

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/assets"
)

// SoundFiles is the demo clip's sound in other forms than ClipFiles has.
type SoundFiles struct {
	MuLaw   string // once round, as raw mu-law
	Capture string // so many times round, as a capture of RTP in A-law, which SIPp sends from any port
}

// WriteSound writes the sound for SIPp.
func WriteSound(t testing.TB, rounds int) SoundFiles {
	dir := t.TempDir()
	f := SoundFiles{MuLaw: filepath.Join(dir, "clip.ulaw"), Capture: filepath.Join(dir, "sound.pcap")}
	alaw := filepath.Join(dir, "clip.alaw")
	require.NoError(t, os.WriteFile(alaw, assets.ClipAudio(), 0o600))
	raw := []string{"-ar", "8000", "-ac", "1"}
	ffmpeg(t, append(append([]string{"-f", "alaw"}, raw...), "-i", alaw, "-f", "mulaw", f.MuLaw)...)
	require.NoError(t, os.WriteFile(f.Capture, captureSound(t, bytes.Repeat(assets.ClipAudio(), rounds)), 0o600))
	return f
}

// captureSound packs A-law into the file format of libpcap.
func captureSound(t testing.TB, sound []byte) []byte {
	const frame, period = 160, 20 * time.Millisecond
	file := captureHeader()
	header := rtp.Header{Version: 2, PayloadType: typePCMA, SSRC: 0x50ca7e11}
	for at := time.Duration(0); len(sound) >= frame; at += period {
		raw, err := (&rtp.Packet{Header: header, Payload: sound[:frame]}).Marshal()
		require.NoError(t, err)
		file = appendDatagram(file, at, raw)
		sound = sound[frame:]
		header.SequenceNumber++
		header.Timestamp += frame
	}
	return file
}
