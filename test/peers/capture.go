package peers

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"github.com/stretchr/testify/require"

	"callcast/assets"
)

// ClipFiles is the demo clip as SIPp plays it.
type ClipFiles struct {
	Sound    string // once round, as raw A-law; SIPp repeats it
	Pictures string // a capture of RTP with payload type 112, packetization-mode 1
}

// WriteClip writes the clip for SIPp, its pictures so many times round: SIPp does not go on with the numbers of a
// capture when it repeats one.
func WriteClip(t testing.TB, rounds int) ClipFiles {
	dir := t.TempDir()
	f := ClipFiles{Sound: filepath.Join(dir, "clip.alaw"), Pictures: filepath.Join(dir, "clip.pcap")}
	require.NoError(t, os.WriteFile(f.Sound, assets.ClipAudio(), 0o600))
	stream, err := assets.ClipVideo(0)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(f.Pictures, capture(t, bytes.Repeat(stream, rounds)), 0o600))
	return f
}

const (
	payloadType   = 112
	maxPacket     = 1200
	clockRate     = 90000
	picturePeriod = time.Second / assets.ClipRate
)

// capture packs a byte stream with access unit delimiters into the file format of libpcap.
func capture(t testing.TB, stream []byte) []byte {
	packetizer := rtp.NewPacketizer(maxPacket, payloadType, 1, &codecs.H264Payloader{}, rtp.NewFixedSequencer(1), clockRate)
	file := captureHeader()
	add := func(at time.Duration, packets []*rtp.Packet) {
		for _, p := range packets {
			raw, err := p.Marshal()
			require.NoError(t, err)
			file = appendDatagram(file, at, raw)
		}
	}
	// SIPp leaves out the first pause of a capture. It must not be that between two pictures, or the rest is early.
	add(0, packetizer.GeneratePadding(1))
	at := picturePeriod
	delimiter := []byte{0, 0, 0, 1, 9}
	require.True(t, bytes.HasPrefix(stream, delimiter))
	for picture := range bytes.SplitSeq(stream[len(delimiter):], delimiter) {
		_, slices, _ := bytes.Cut(picture, []byte{0, 0, 1}) // after the delimiter's own content
		add(at, packetizer.Packetize(append([]byte{0, 0, 1}, slices...), clockRate/assets.ClipRate))
		at += picturePeriod
	}
	return file
}

// captureHeader begins a file.
func captureHeader() []byte {
	file := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4) // microseconds
	file = binary.LittleEndian.AppendUint16(file, 2)          // version 2.4
	file = binary.LittleEndian.AppendUint16(file, 4)
	file = append(file, make([]byte, 8)...)               // time zone, accuracy
	file = binary.LittleEndian.AppendUint32(file, 0xffff) // longest packet
	return binary.LittleEndian.AppendUint32(file, 1)      // Ethernet
}

// appendDatagram adds a packet with the headers that SIPp skips or fills in: Ethernet, IPv4 and UDP.
func appendDatagram(file []byte, at time.Duration, payload []byte) []byte {
	const ethernet, ip, udp = 14, 20, 8
	size := uint32(ethernet + ip + udp + len(payload))
	file = binary.LittleEndian.AppendUint32(file, uint32(at/time.Second))
	file = binary.LittleEndian.AppendUint32(file, uint32(at%time.Second/time.Microsecond))
	file = binary.LittleEndian.AppendUint32(file, size)
	file = binary.LittleEndian.AppendUint32(file, size)
	header := make([]byte, ethernet+ip+udp)
	binary.BigEndian.PutUint16(header[12:], 0x0800) // IPv4
	header[14] = 0x45                               // version 4, 20 bytes
	binary.BigEndian.PutUint16(header[16:], uint16(ip+udp+len(payload)))
	header[22], header[23] = 64, 17 // hops, UDP
	copy(header[26:], []byte{127, 0, 0, 1, 127, 0, 0, 1})
	binary.BigEndian.PutUint16(header[38:], uint16(udp+len(payload)))
	return append(append(file, header...), payload...)
}
