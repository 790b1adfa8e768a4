package peers

import (
	"fmt"
	"testing"
	"time"
)

// PublishClip publishes the demo clip, its picture encoded anew by x264 with the options given and its sound as AAC, to an
// RTMP address until the test ends or the function it returns is called.
func PublishClip(t testing.TB, url string, options ...string) (stop func()) {
	t.Helper()
	movie := ClipMovie(t, 20*time.Second)
	args := append([]string{"-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", movie, "-c:v", "libx264", "-preset", "veryfast"}, options...)
	return start(t, t.TempDir(), "ffmpeg", append(args, "-c:a", "aac", "-ar", "48000", "-f", "flv", url)...).kill
}

// PublishTone publishes a picture and a tone of this frequency, as H.264 and AAC in stereo at 44.1 kHz, to an RTMP
// address until the test ends or the function it returns is called.
func PublishTone(t testing.TB, url string, frequency int) (stop func()) {
	t.Helper()
	p := start(t, t.TempDir(), "ffmpeg", "-v", "error", "-nostdin", "-re",
		"-f", "lavfi", "-i", "testsrc=size=320x180:rate=25", "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:sample_rate=44100", frequency),
		"-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "50", "-pix_fmt", "yuv420p",
		"-af", "volume=4", "-c:a", "aac", "-ac", "2", "-b:a", "128k", "-f", "flv", url)
	return p.kill
}
