package rtmp

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Backoff
		pause := func(lasted time.Duration, err error) time.Duration {
			began := time.Now()
			require.NoError(t, b.Pause(t.Context(), lasted, err))
			return time.Since(began)
		}
		about := func(want, got time.Duration) {
			t.Helper()
			require.LessOrEqual(t, got, want)
			require.GreaterOrEqual(t, got, want*4/5)
		}
		for _, want := range []time.Duration{firstWait, 2 * firstWait, longestWait, longestWait} {
			about(want, pause(time.Second, errHungUp))
		}
		about(firstWait, pause(steady, errHungUp))
		refused := fmt.Errorf("publish: %w", &Refusal{Code: "NetStream.Publish.BadName"})
		for _, want := range []time.Duration{2 * firstWait, 4 * firstWait, 8 * firstWait, 16 * firstWait, refusedWait, refusedWait} {
			about(want, pause(0, refused))
		}
		about(longestWait, pause(0, errHungUp))
	})
}

func TestBackoffEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("gone")
	cancel(gone)
	require.ErrorIs(t, new(Backoff).Pause(ctx, 0, errHungUp), gone)
}
