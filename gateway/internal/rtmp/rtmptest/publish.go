package rtmptest

import (
	"context"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Publish has ffmpeg publish the clip in real time, over and over, until the test ends; options are those of MakeClip.
func Publish(t *testing.T, url string, options ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "clip.flv")
	MakeClip(t, file, options...)
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-hide_banner", "-loglevel", "error",
		"-re", "-stream_loop", "-1", "-i", file, "-c", "copy", "-f", "flv", url)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
	})
}
