//go:build cgo && !nolibav

package transcode

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

const packet = 160 // samples in 20 ms

func format(law media.Codec) *media.Format {
	return &media.Format{Codec: law, SampleRate: telephoneRate, Channels: 1}
}

// tone is seconds of a sine of half the full scale in a law.
func tone(law media.Codec, hz, seconds float64) []byte {
	return g711.Encode(nil, law, sine(hz, seconds, telephoneRate, 1))
}

// sine is seconds of a sine of half the full scale, the same in each channel.
func sine(hz, seconds float64, rate, channels int) []int16 {
	out := make([]int16, int(seconds*float64(rate))*channels)
	for i := range out {
		out[i] = int16(math.Round(0.5 * math.MaxInt16 * math.Sin(2*math.Pi*hz*float64(i/channels)/float64(rate))))
	}
	return out
}

// feed converts samples as packets of 20 ms that begin at pts.
func feed(t testing.TB, conv interface {
	Convert(*media.Unit) ([]*media.Unit, error)
}, law media.Codec, pts time.Duration, samples []byte,
) []*media.Unit {
	t.Helper()
	var out []*media.Unit
	f := format(law)
	for len(samples) > 0 {
		n := min(packet, len(samples))
		units, err := conv.Convert(&media.Unit{Format: f, PTS: pts, DTS: pts, Key: true, Payload: samples[:n]})
		require.NoError(t, err)
		out = append(out, units...)
		samples, pts = samples[n:], pts+time.Duration(n)*time.Second/telephoneRate
	}
	return out
}

// hear decodes AAC with the ffmpeg program, which shares no code with this package, to 48 kHz.
func hear(t testing.TB, units []*media.Unit) []float64 {
	t.Helper()
	var adts bytes.Buffer
	channels := units[0].Format.Channels
	for _, u := range units {
		n := len(u.Payload) + 7
		adts.Write([]byte{0xFF, 0xF1, 1<<6 | 3<<2, byte(channels)<<6 | byte(n>>11), byte(n >> 3), byte(n<<5) | 0x1F, 0xFC})
		adts.Write(u.Payload)
	}
	return ffmpeg(t, adts.Bytes(), "-f", "aac")
}

// hearRaw decodes what needs no framing.
func hearRaw(t testing.TB, format string, rate int, units []*media.Unit) []float64 {
	t.Helper()
	var raw []byte
	for _, u := range units {
		raw = append(raw, u.Payload...)
	}
	if format == "g722" {
		return ffmpeg(t, raw, "-f", format)
	}
	return ffmpeg(t, raw, "-f", format, "-ar", fmt.Sprint(rate))
}

// hearSpeex decodes wideband Speex.
func hearSpeex(t testing.TB, units []*media.Unit) []float64 {
	t.Helper()
	head := make([]byte, 80) // the header of the Speex manual, section 5.2
	copy(head, "Speex   1.2")
	for i, v := range []uint32{1, 80, 16000, 1, 4, 1, ^uint32(0), 320, 0, 1} {
		binary.LittleEndian.PutUint32(head[28+4*i:], v)
	}
	file := oggPage(nil, 2, 0, 0, head)
	file = oggPage(file, 0, 0, 1, make([]byte, 8))
	for i, u := range units {
		file = oggPage(file, 0, uint64((i+1)*320), uint32(i+2), u.Payload)
	}
	return ffmpeg(t, file, "-f", "ogg")
}

// ffmpeg decodes a file to 48 kHz. Of two channels it takes the left.
func ffmpeg(t testing.TB, file []byte, input ...string) []float64 {
	t.Helper()
	args := append([]string{"-nostdin", "-loglevel", "error"}, input...)
	args = append(args, "-i", "pipe:0", "-filter:a", "pan=mono|c0=c0", "-ar", "48000", "-f", "f32le", "pipe:1")
	cmd := exec.CommandContext(t.Context(), "ffmpeg", args...)
	cmd.Stdin = bytes.NewReader(file)
	raw, err := cmd.Output()
	require.NoError(t, err)
	out := make([]float64, len(raw)/4)
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return out
}

// fit is the amplitude and the phase of a tone in sound, and the level of everything else relative to it in dB.
func fit(sound []float64, hz float64, rate int) (amplitude, phase, restDB float64) {
	var re, im, power float64
	for i, v := range sound {
		w := 2 * math.Pi * hz * float64(i) / float64(rate)
		re += v * math.Sin(w)
		im += v * math.Cos(w)
		power += v * v
	}
	n := float64(len(sound))
	re, im, power = 2*re/n, 2*im/n, power/n
	amplitude = math.Hypot(re, im)
	rest := math.Max(power-amplitude*amplitude/2, 1e-12)
	return amplitude, math.Atan2(im, re), 10 * math.Log10(rest/(amplitude*amplitude/2))
}
