//go:build cgo && !nolibav

package transcode

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

const packet = 160 // samples in 20 ms

func format(law media.Codec) *media.Format {
	return &media.Format{Codec: law, SampleRate: telephoneRate, Channels: 1}
}

// tone is A-law of seconds of a sine, an exact inverse of levels.
func tone(law media.Codec, hz, seconds float64) []byte {
	table := levels(law)
	out := make([]byte, int(seconds*telephoneRate))
	for i := range out {
		out[i] = nearest(&table, 0.5*math.Sin(2*math.Pi*hz*float64(i)/telephoneRate))
	}
	return out
}

func nearest(table *[256]float32, want float64) byte {
	best := 0
	for code, level := range table {
		if math.Abs(float64(level)-want) < math.Abs(float64(table[best])-want) {
			best = code
		}
	}
	return byte(best)
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
	for _, u := range units {
		n := len(u.Payload) + 7
		adts.Write([]byte{0xFF, 0xF1, 1<<6 | 3<<2, 1<<6 | byte(n>>11), byte(n >> 3), byte(n<<5) | 0x1F, 0xFC})
		adts.Write(u.Payload)
	}
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-f", "aac", "-i", "pipe:0", "-f", "f32le", "pipe:1")
	cmd.Stdin = &adts
	raw, err := cmd.Output()
	require.NoError(t, err)
	out := make([]float64, len(raw)/4)
	for i := range out {
		out[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:])))
	}
	return out
}

// fit is the amplitude and the phase of a tone in sound, and the level of everything else relative to it in dB.
func fit(sound []float64, hz float64) (amplitude, phase, restDB float64) {
	var re, im, power float64
	for i, v := range sound {
		w := 2 * math.Pi * hz * float64(i) / aacRate
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
