package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// play has a stage show a window, and returns how long it took, what was logged, and how it ended.
func play(ctx context.Context, window func(leave func()) error) (took time.Duration, logged string, err error) {
	var log bytes.Buffer
	s := make(stage)
	go func() { (<-s)() }()
	began := time.Now()
	err = s.show(ctx, window, slog.New(slog.NewTextHandler(&log, nil)))
	return time.Since(began), log.String(), err
}

func TestWindowIsShownUntilItIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took, logged, err := play(t.Context(), func(leave func()) error {
			time.Sleep(time.Hour)
			leave()
			time.Sleep(windowTime / 2)
			leave()
			return errors.New("no display")
		})
		require.EqualError(t, err, "no display")
		require.Equal(t, time.Hour+windowTime/2, took)
		require.Empty(t, logged)
	})
}

func TestWindowThatFailsIsNotWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		took, _, err := play(t.Context(), func(func()) error { return errors.New("no display") })
		require.EqualError(t, err, "no display")
		require.Zero(t, took)
	})
}

func TestWindowThatHangsIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		took, logged, err := play(t.Context(), func(leave func()) error {
			leave()
			<-hang
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, windowTime, took)
		require.Contains(t, logged, "does not close")
		close(hang)
	})
}

func TestWindowThatDoesNotComeUpIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		took, logged, err := play(ctx, func(func()) error {
			<-hang
			return nil
		})
		require.NoError(t, err)
		require.Equal(t, time.Hour+windowTime, took)
		require.Contains(t, logged, "does not close")
		close(hang)
	})
}
