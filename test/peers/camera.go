package peers

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
)

// ClipCamera returns flags that give a browser the demo clip as its camera and as its microphone. They start when they
// are opened, each by itself: what they give is not in sync. The picture is squeezed to 320 by 240, which is what the
// web SDK asks for; a browser would cut off the sides of a wider one.
func ClipCamera(t testing.TB) []string {
	t.Helper()
	dir := t.TempDir()
	picture, sound := clipFiles(t, dir)
	camera, microphone := filepath.Join(dir, "camera.y4m"), filepath.Join(dir, "microphone.wav")
	rate := fmt.Sprint(assets.ClipRate)
	ffmpeg(t, "-r", rate, "-i", picture, "-vf", "scale=320:240,setsar=1", "-pix_fmt", "yuv420p", camera)
	ffmpeg(t, "-f", "alaw", "-ar", "8000", "-i", sound, "-ar", "48000", "-ac", "1", "-c:a", "pcm_s16le", microphone)
	return []string{
		"--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream",
		"--use-file-for-fake-video-capture=" + camera, "--use-file-for-fake-audio-capture=" + microphone,
	}
}

// ClipMovie makes a file that a browser can play, of the demo clip in sync.
func ClipMovie(t testing.TB, length time.Duration) string {
	t.Helper()
	dir := t.TempDir()
	picture, sound := clipFiles(t, dir)
	loop, movie := filepath.Join(dir, "loop.mp4"), filepath.Join(dir, "movie.mp4")
	ffmpeg(t, "-r", fmt.Sprint(assets.ClipRate), "-i", picture, "-f", "alaw", "-ar", "8000", "-i", sound,
		"-c:v", "copy", "-c:a", "pcm_s16le", "-f", "mov", loop)
	ffmpeg(t, "-stream_loop", "-1", "-i", loop, "-t", fmt.Sprint(length.Seconds()), "-c:v", "copy",
		"-c:a", "aac", "-ar", "48000", movie)
	return movie
}

// clipFiles writes the demo clip, once round.
func clipFiles(t testing.TB, dir string) (picture, sound string) {
	t.Helper()
	stream, err := assets.ClipVideo(0)
	require.NoError(t, err)
	picture, sound = filepath.Join(dir, "clip.h264"), filepath.Join(dir, "clip.alaw")
	require.NoError(t, os.WriteFile(picture, stream, 0o600))
	require.NoError(t, os.WriteFile(sound, assets.ClipAudio(), 0o600))
	return picture, sound
}
