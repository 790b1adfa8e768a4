//go:build cgo && !nolibav

package slate

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// TestSlatesLookTheSame, as far as their codecs leave them.
func TestSlatesLookTheSame(t *testing.T) {
	slates, err := LoadSet()
	require.NoError(t, err)
	pictures := map[media.Codec][]byte{}
	for codec, s := range slates {
		d, err := transcode.NewDecoder(codec)
		require.NoError(t, err)
		defer d.Close()
		for n := range uint64(3) {
			u := s.Unit(n)
			require.Equal(t, codec, u.Format.Codec)
			require.Equal(t, 640, u.Format.Width)
			require.Equal(t, 360, u.Format.Height)
			fresh, err := d.Decode(u)
			require.NoError(t, err)
			require.True(t, fresh)
		}
		pictures[codec] = d.Picture(nil, 0).Pix
	}
	require.Len(t, pictures, 2)
	apart, bright := 0, 0
	for i, v := range pictures[media.H264] {
		w := pictures[media.VP8][i]
		apart += int(max(v, w) - min(v, w))
		if i%4 == 0 && v > 100 {
			bright++
		}
	}
	require.Less(t, float64(apart)/float64(len(pictures[media.H264])), 3.0, "of 255")
	require.Greater(t, bright, 1000, "there is something on it")
}
