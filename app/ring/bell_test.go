package ring

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// speaker counts who plays on it, and how often anybody did.
type speaker struct{ open, played atomic.Int32 }

func (s *speaker) play(ctx context.Context, _ func() int16) error {
	s.open.Add(1)
	defer s.open.Add(-1)
	s.played.Add(1)
	<-ctx.Done()
	return nil
}

func TestLoudspeakerIsOpenOnlyWhileItRings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var s speaker
		b := newBell(slog.New(slog.DiscardHandler), s.play)
		for _, on := range []bool{true, true, false, false, true, false, true} {
			b.Ring(on)
			synctest.Wait()
			want := int32(0)
			if on {
				want = 1
			}
			require.Equal(t, want, s.open.Load())
		}
		require.Equal(t, int32(3), s.played.Load())
		b.Close()
		require.Zero(t, s.open.Load())
		b.Ring(true)
		synctest.Wait()
		require.Zero(t, s.open.Load())
	})
}

func TestNoLoudspeakerIsLoggedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		b := newBell(slog.New(slog.NewTextHandler(&said, nil)), func(context.Context, func() int16) error { return errors.New("none") })
		for range 3 {
			b.Ring(true)
			synctest.Wait()
			b.Ring(false)
			synctest.Wait()
		}
		b.Close()
		require.Equal(t, 1, strings.Count(said.String(), "\n"), said.String())
	})
}

func TestHangingDriverHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		var asked atomic.Int32
		b := newBell(slog.New(slog.DiscardHandler), func(context.Context, func() int16) error {
			asked.Add(1)
			<-hang
			return nil
		})
		began := time.Now()
		for range 3 {
			b.Ring(true)
			synctest.Wait()
			b.Ring(false)
		}
		require.Zero(t, time.Since(began))
		b.Close()
		require.Equal(t, driverTime, time.Since(began))
		require.Equal(t, int32(1), asked.Load())
		close(hang)
	})
}
