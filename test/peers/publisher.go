package peers

import (
	"fmt"
	"testing"
)

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
