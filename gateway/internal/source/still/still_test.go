package still_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/source/still"
	"callcast/gateway/internal/stream"
)

func TestPictureAndSilenceInRealTime(t *testing.T) {
	picture, err := slate.Load()
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		s := stream.New(stream.Params{Name: "s", Log: slog.New(slog.DiscardHandler)})
		defer s.Close()
		r := s.Attach(stream.ReaderParams{Audio: []media.Codec{media.PCMA}, Video: []media.Codec{media.H264}})
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second-time.Millisecond)
		defer cancel()
		still.Run(ctx, s, picture)
		s.Close()
		var pictures []time.Duration
		var next time.Duration
		for {
			u, err := r.Next(t.Context())
			if err != nil {
				break
			}
			if u.Kind() == media.Video {
				require.True(t, u.Key)
				require.Equal(t, 640, u.Format.Width)
				pictures = append(pictures, u.PTS)
				continue
			}
			require.Equal(t, next, u.PTS, "no hole in the silence")
			next += u.Duration
		}
		require.Equal(t, []time.Duration{0, slate.Period, 2 * slate.Period, 3 * slate.Period}, pictures)
		require.Equal(t, 2*time.Second, next)
	})
}
