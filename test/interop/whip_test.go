package interop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestBrowserPublishesByWHIP: a page without any SDK publishes the clip, and what nginx-rtmp records of it, encoded by
// the browser and carried on by the gateway, is the clip, as much in sync as the page had it. It stays so when the
// browser's second report of the sound has come, which takes it up to ten seconds.
func TestBrowserPublishesByWHIP(t *testing.T) {
	const onAir = 16 * time.Second
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	movie := peers.ClipMovie(t, time.Minute)
	site := httptest.NewServer(http.FileServer(http.Dir(filepath.Dir(movie))))
	t.Cleanup(site.Close)
	page := peers.StartChromium(t).Open(t, site.URL+"/", catchPeers)
	publishMovie(t, page, g.rest+"/whip/web")
	require.Eventually(t, func() bool { return g.stream(t, "web").Live }, patience, playbackPoll)

	g.ok(t, "/push/startup", map[string]any{"streamName": "web", "rtmpUrl": nginx.URL("rec")})
	source := page.Watch(t, "#source", onAir)
	require.Equal(t, http.StatusOK, deleteResource(t, page))
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Streams) == 0 }, patience, playbackPoll)

	r := recorded(t, nginx, "web")
	t.Logf("source %+v", source.Report)
	t.Logf("recorded %+v", r)
	require.Greater(t, r.VideoDuration, onAir-2*time.Second)
	require.Greater(t, r.AudioDuration, onAir-time.Second, "it begins with the push, the picture with the last key picture before that")
	require.Greater(t, r.Frames, source.Frames*9/10, "a busy browser plays fewer")
	require.Zero(t, r.BackwardTimestamps+r.AudioHoles+r.Foreign)
	require.Less(t, r.Damaged, r.Frames/20, "what a browser encodes is blurred at times")
	require.Less(t, r.LongestVideoGap, source.LongestVideoGap+300*time.Millisecond)
	require.GreaterOrEqual(t, len(r.Offsets), int(onAir.Seconds())-4, "flashes %v, beeps %v", r.Flashes, r.Beeps)
	requireOffsets(t, source.Offsets[:len(source.Offsets)/2], r.Offsets[:len(r.Offsets)/2], "at first")
	requireOffsets(t, source.Offsets[len(source.Offsets)/2:], r.Offsets[len(r.Offsets)/2:], "when reports have come")
}

// requireOffsets fails unless sound and pictures stand to each other as they did where they come from. A page that plays
// a movie may change that by a picture at any time.
func requireOffsets(t testing.TB, source, arrived []time.Duration, when string) {
	t.Helper()
	want, _, _ := content.Report{Offsets: source}.Offset()
	got, _, _ := content.Report{Offsets: arrived}.Offset()
	require.InDelta(t, want.Milliseconds(), got.Milliseconds(), 40, when)
}

// publishMovie has a page play its movie and publish what it plays. Its sound goes through a node: browsers report what they
// take from an element directly as captured long before it was.
func publishMovie(t testing.TB, page *peers.Page, address string) {
	t.Helper()
	page.Eval(t, fmt.Sprintf(`(async () => {
		document.body.innerHTML = "<video id=movie muted loop src=movie.mp4></video><video id=source muted autoplay></video>";
		const movie = document.querySelector("#movie");
		await movie.play();
		const captured = movie.captureStream(), context = new AudioContext(), node = context.createMediaStreamDestination();
		context.createMediaStreamSource(captured).connect(node);
		await context.resume();
		const stream = new MediaStream([...captured.getVideoTracks(), ...node.stream.getAudioTracks()]);
		const connection = new RTCPeerConnection();
		document.querySelector("#source").srcObject = stream;
		for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: "sendonly", streams: [stream] });
		await connection.setLocalDescription();
		const answer = await fetch(%q, {
			method: "POST", headers: { "Content-Type": "application/sdp" }, body: connection.localDescription.sdp,
		});
		if (answer.status !== 201) throw new Error(answer.status + " " + await answer.text());
		window.resource = new URL(answer.headers.get("Location"), answer.url).href;
		await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
	})()`, address), nil)
}

// deleteResource ends what a page publishes and returns the status.
func deleteResource(t testing.TB, page *peers.Page) int {
	t.Helper()
	var status int
	page.Eval(t, `fetch(window.resource, { method: "DELETE" }).then(({ status }) => status)`, &status)
	return status
}
