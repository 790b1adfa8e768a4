package interop

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// call is the snapshot of a call.
func (g *gatewayUnderTest) call(t testing.TB, id string) gateway.Call {
	t.Helper()
	for _, c := range g.api.Snapshot().Calls {
		if c.ID == id {
			return c
		}
	}
	return gateway.Call{}
}

// tap records what goes to the remote party of a call.
func (g *gatewayUnderTest) tap(t testing.TB, id string, length time.Duration) *peers.Wiretap {
	t.Helper()
	var c gateway.Call
	require.Eventually(t, func() bool {
		c = g.call(t, id)
		return c.Audio.Remote != "" && c.Video.Remote != ""
	}, patience, 20*time.Millisecond, "no media comes from the telephone")
	return peers.TapCall(t, c.Audio.Remote, c.Video.Remote, length)
}

// TestInjectedCall sends one call's picture and sound into another: the clip arrives there whole and in sync, as seen
// on the wire; when it is stopped, silence and the slate do again.
func TestInjectedCall(t *testing.T) {
	from, to := startPhone(t, demophone.Params{}), startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "from", from.URI(), nil)
	g.dial(t, "to", to.URI(), nil)
	for _, id := range []string{"from", "to"} {
		g.waitFor(t, id, "status", "ESTABLISHED", patience)
	}
	g.ok(t, "/call/inject_stream", map[string]any{"callId": "to", "streamName": "from"})
	require.Eventually(t, func() bool { return g.call(t, "to").Injected == "from" }, patience, time.Millisecond, "it is not told")
	r := analyse(t, g.tap(t, "to", 10*time.Second).Recording(t))
	require.Zero(t, r.Damaged+r.Skipped+r.Repeated, "%+v", r)
	require.Zero(t, r.Foreign, "no slate while the stream is there")
	require.Zero(t, r.AudioHoles)
	requireInSync(t, r, 6)

	g.ok(t, "/call/inject_stream/terminate", map[string]any{"callId": "to"})
	require.Eventually(t, func() bool { return g.call(t, "to").Injected == "" }, patience, time.Millisecond, "it is still told")
	r = analyse(t, g.tap(t, "to", 4*time.Second).Recording(t))
	require.Equal(t, r.Frames, r.Foreign, "the slate and nothing else")
	require.Empty(t, r.Beeps)
	require.Equal(t, "ESTABLISHED", g.find(t, "to")["status"])
}

// TestInjectedPublisher sends what a program publishes by RTMP into a call: its AAC becomes A-law.
func TestInjectedPublisher(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	stop := peers.PublishTone(t, "rtmp://"+g.rtmp+"/live/tone", 1000)
	require.Eventually(t, func() bool { return g.stream(t, "tone").Live }, patience, 20*time.Millisecond)
	g.ok(t, "/call/inject_stream/startup", map[string]any{"callId": "call", "streamName": "tone"})
	share, err := content.Tone(t.Context(), g.tap(t, "call", 5*time.Second).Recording(t), 1000)
	require.NoError(t, err)
	require.Greater(t, share, 0.9)

	stop()
	require.Eventually(t, func() bool { return g.call(t, "call").Injected == "" }, patience, 20*time.Millisecond, "its end is not noticed")
	require.Equal(t, "ESTABLISHED", g.find(t, "call")["status"])
}

// TestInjectedCamera sends what a page of the web SDK publishes from a camera into a call: on the wire to the telephone are
// its pictures and its sound.
func TestInjectedCamera(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	page := g.openSDK(t, peers.StartChromium(t, peers.ClipCamera(t)...), "streaming/two_way_streaming/two_way_streaming.html")
	connectSDK(t, page)
	page.Fill(t, "#publishStream", "camera")
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#publishStatus", "PUBLISHING")
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	tap := g.tap(t, "call", 8*time.Second) // before: browsers send key pictures on demand only
	g.ok(t, "/call/inject_stream", map[string]any{"callId": "call", "streamName": "camera"})
	r := analyse(t, tap.Recording(t))
	t.Logf("%+v", r)
	require.Greater(t, r.Frames, 100)
	require.Less(t, r.Foreign+r.Damaged, r.Frames/10, "what a browser encodes is at times too blurred to be read")
	require.GreaterOrEqual(t, len(r.Flashes), 5)
	require.GreaterOrEqual(t, len(r.Beeps), 5)
	require.Zero(t, r.BackwardTimestamps)

	page.Click(t, "#publishBtn")
	page.WaitText(t, "#publishStatus", "UNPUBLISHED")
	require.Eventually(t, func() bool { return g.call(t, "call").Injected == "" }, patience, 20*time.Millisecond)
	require.Equal(t, "ESTABLISHED", g.find(t, "call")["status"])
}

// TestInjectedSound plays a file into a call. Only files of the folder are played.
func TestInjectedSound(t *testing.T) {
	dir := t.TempDir()
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=22050", "-t", "20",
		"-af", "volume=4", filepath.Join(dir, "tone.wav")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "text.wav"), []byte("hello"), 0o600))
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t, func(c *gateway.Config) { c.Media.SoundDir = dir })
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	for file, status := range map[string]int{
		"none.wav": http.StatusNotFound, "../tone.wav": http.StatusNotFound, "/etc/passwd": http.StatusNotFound,
		"text.wav": http.StatusBadRequest, "": http.StatusBadRequest,
	} {
		g.refused(t, "/call/inject_sound", map[string]any{"callId": "call", "fileName": file}, status, "fileName")
	}
	g.refused(t, "/call/inject_sound", map[string]any{"callId": "nobody", "fileName": "tone.wav"}, http.StatusNotFound, "callId")

	g.ok(t, "/call/inject_sound", map[string]any{"callId": "call", "fileName": "tone.wav"}) // long enough for reports to come meanwhile
	share, err := content.Tone(t.Context(), g.tap(t, "call", 4*time.Second).Recording(t), 440)
	require.NoError(t, err)
	require.Greater(t, share, 0.9)
	require.Eventually(t, func() bool { return g.call(t, "call").Playing == "" }, 2*patience, 50*time.Millisecond, "its end is not noticed")
}

// TestInjectionRefused names what is wrong.
func TestInjectionRefused(t *testing.T) {
	ringing, phone := startPhone(t, demophone.Params{AnswerDelay: time.Hour}), startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "rings", ringing.URI(), nil)
	g.dial(t, "up", phone.URI(), nil)
	g.waitFor(t, "rings", "status", "RING", patience)
	g.waitFor(t, "up", "status", "ESTABLISHED", patience)
	for name, test := range map[string]struct {
		request map[string]any
		status  int
		field   string
	}{
		"no such call":    {map[string]any{"callId": "nobody", "streamName": "up"}, http.StatusNotFound, "callId"},
		"not established": {map[string]any{"callId": "rings", "streamName": "up"}, http.StatusConflict, "callId"},
		"no such stream":  {map[string]any{"callId": "up", "streamName": "nothing"}, http.StatusNotFound, "streamName"},
		"no stream":       {map[string]any{"callId": "up"}, http.StatusBadRequest, "streamName"},
		"into itself":     {map[string]any{"callId": "up", "streamName": "up"}, http.StatusConflict, "streamName"},
	} {
		t.Run(name, func(t *testing.T) { g.refused(t, "/call/inject_stream", test.request, test.status, test.field) })
	}
}
