package peers

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWatch: what a browser shows of a file of the clip is found to be the clip, in sync.
func TestWatch(t *testing.T) {
	const length = 5 * time.Second
	movie := ClipMovie(t, time.Minute)
	server := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(movie))))
	t.Cleanup(server.Close)
	page := StartChromium(t).Open(t, server.URL+"/", `window.asked = 1;`)
	require.Equal(t, "1", page.Text(t, "window.asked"))
	page.Eval(t, `(async () => {
		document.body.innerHTML = "<video id=movie muted src=movie.mp4></video><video id=screen muted autoplay></video>";
		const movie = document.querySelector("#movie"), screen = document.querySelector("#screen");
		await movie.play();
		screen.srcObject = movie.captureStream();
		await screen.play();
	})()`, nil)
	requireClip(t, page.Watch(t, "#screen", length), length)
}

// TestCamera: the browser's camera and microphone are the clip.
func TestCamera(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler()) // a page on 127.0.0.1 may use them
	t.Cleanup(server.Close)
	page := StartChromium(t, ClipCamera(t)...).Open(t, server.URL)
	page.Eval(t, `(async () => {
		document.body.innerHTML = "<video muted autoplay></video>";
		const wanted = { audio: true, video: { width: 320, height: 240 } };
		document.querySelector("video").srcObject = await navigator.mediaDevices.getUserMedia(wanted);
	})()`, nil)
	w := page.Watch(t, "video", 5*time.Second)
	require.Zero(t, w.Foreign+w.Damaged, "%+v", w.Report)
	require.Greater(t, w.Frames, 50)
	require.GreaterOrEqual(t, len(w.Flashes), 3)
	require.GreaterOrEqual(t, len(w.Beeps), 3)
}

func requireClip(t *testing.T, w Watched, length time.Duration) {
	t.Helper()
	require.Zero(t, w.Foreign+w.Damaged, "%+v", w.Report)
	require.Greater(t, w.Frames, int(length.Seconds())*12, "a busy browser shows about half of what it decodes: %+v", w.Report)
	require.InDelta(t, length.Seconds(), w.AudioDuration.Seconds(), 0.5)
	require.GreaterOrEqual(t, len(w.Offsets), 3, "%+v", w.Report)
	median, _, _ := w.Offset()
	require.InDelta(t, 0, median.Milliseconds(), 150, "a busy browser plays sound late: %+v", w.Report)
}
