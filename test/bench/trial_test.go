package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// The whole apparatus with one contender that is known to work.
func TestTrialOfFFmpeg(t *testing.T) {
	defer goleak.VerifyNone(t)
	dir := t.TempDir()
	clip, err := makeClip(t.Context(), dir)
	require.NoError(t, err)
	require.Len(t, clip.pictures, clipSeconds*pictureRate)
	server, err := startNginx(t.Context(), dir)
	require.NoError(t, err)
	defer server.stop()

	e := entrant{name: "ffmpeg", enter: newFFmpeg, processPerCall: true}
	o, err := trial{
		entrant: e, calls: 2, warmUp: time.Second, window: time.Second, clip: clip, server: server, dir: filepath.Join(dir, "trial"),
	}.run(t.Context())
	require.NoError(t, err)
	f := o.figures()
	require.InDelta(t, 2*pictureRate, f.sent, 4)
	require.Equal(t, f.sent, f.arrived)
	require.Zero(t, f.damaged)
	require.Positive(t, f.cpu)
	require.Greater(t, f.memoryPerCall, 1e6)
	require.Positive(t, f.delayMedian)
	require.Less(t, f.delayMedian, time.Second)
}

func TestTrialEndsWhenToldTo(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, pause(ctx, time.Hour), context.Canceled)
	l := &line{name: "x", player: &player{first: make(chan struct{})}}
	require.ErrorIs(t, l.onAir(ctx), context.Canceled)
}
