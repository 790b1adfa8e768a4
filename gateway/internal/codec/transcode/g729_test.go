//go:build cgo && !nolibav && g729

package transcode

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func TestToneThroughG729(t *testing.T) {
	const hz = 700
	for _, other := range []media.Codec{media.PCMA, media.Opus} {
		rate, channels := shapeOf(other)
		there, err := New().Derive(other, media.G729)
		require.NoError(t, err)
		defer there.Close()
		back, err := New().Derive(media.G729, other)
		require.NoError(t, err)
		defer back.Close()
		var units []*media.Unit
		for _, u := range coded20(t, other, burst(hz, rate, channels), rate, channels) {
			coded, err := there.Convert(u)
			require.NoError(t, err)
			for _, c := range coded {
				require.Len(t, c.Payload, 20)
				require.Equal(t, 20*time.Millisecond, c.Duration)
				out, err := back.Convert(c)
				require.NoError(t, err)
				units = append(units, out...)
			}
		}
		requireInARow(t, units, other)
		sound, outRate := timeline(t, units)
		begin, end := span(sound, outRate)
		require.InDelta(t, 0.5, begin, 0.015)
		require.InDelta(t, 1.5, end, 0.020)
		amplitude, _, rest := fit(sound[outRate*6/10:outRate*14/10], hz, outRate)
		require.InDelta(t, 0.5, amplitude, 0.1)
		require.Less(t, rest, -10.0, "dB of noise")
	}
}

// TestAnotherDecoderHearsG729: what bcg729 codes, libav decodes.
func TestAnotherDecoderHearsG729(t *testing.T) {
	const hz = 700
	var raw []byte
	for _, u := range coded20(t, media.G729, sine(hz, 2, studioRate, 2), studioRate, 2) {
		raw = append(raw, u.Payload...)
	}
	sound := ffmpeg(t, raw, "-f", "g729", "-bit_rate", "8000")
	amplitude, _, rest := fit(sound[studioRate/2:studioRate*3/2], hz, studioRate)
	require.InDelta(t, 0.5, amplitude, 0.1)
	require.Less(t, rest, -10.0, "dB of noise")
	require.InDelta(t, 2, float64(len(sound))/studioRate, 0.12)
}

func TestLossOfG729IsConcealed(t *testing.T) {
	conv, err := New().Derive(media.G729, media.PCMA)
	require.NoError(t, err)
	defer conv.Close()
	var units []*media.Unit
	for i, u := range coded20(t, media.G729, sine(700, 2, telephoneRate, 1), telephoneRate, 1) {
		if i%10 == 9 {
			continue
		}
		out, err := conv.Convert(u)
		require.NoError(t, err)
		units = append(units, out...)
	}
	requireInARow(t, units, media.PCMA)
	sound, rate := timeline(t, units)
	for at := rate / 2; at < rate*3/2; at += rate / 50 {
		amplitude, _, _ := fit(sound[at:at+rate/50], 700, rate)
		require.Greater(t, amplitude, 0.02, "at %d ms", 1000*at/rate)
	}
}
