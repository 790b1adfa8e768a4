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
