package transcode

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

func TestOneLawBecomesTheOther(t *testing.T) {
	pcm := make([]int16, 800)
	for i := range pcm {
		pcm[i] = int16(16000 * math.Sin(2*math.Pi*440*float64(i)/8000))
	}
	for from, to := range map[media.Codec]media.Codec{media.PCMA: media.PCMU, media.PCMU: media.PCMA} {
		require.True(t, New().Can(from, to))
		require.False(t, New().Can(from, from))
		conv, err := New().Derive(from, to)
		require.NoError(t, err)
		u := &media.Unit{
			Format: &media.Format{Codec: from, SampleRate: 8000, Channels: 1}, PTS: time.Second, DTS: time.Second,
			Duration: 100 * time.Millisecond, Key: true, Gap: true, Fill: true, Arrived: time.Now(),
			Payload: g711.Encode(nil, from, pcm),
		}
		before := *u
		out, err := conv.Convert(u)
		require.NoError(t, err)
		require.Len(t, out, 1)
		require.Equal(t, before, *u, "a published unit is not changed")
		for i, v := range g711.Decode(nil, to, out[0].Payload) {
			require.InDelta(t, pcm[i], v, 1200, "sample %d", i)
		}
		require.Equal(t, &media.Format{Codec: to, SampleRate: 8000, Channels: 1}, out[0].Format)
		want := before
		want.Format, want.Payload = out[0].Format, out[0].Payload
		require.Equal(t, want, *out[0])
		next, err := conv.Convert(u)
		require.NoError(t, err)
		require.Same(t, want.Format, next[0].Format)
		require.Zero(t, conv.Patience())
		conv.Close()
	}
}
