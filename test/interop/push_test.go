package interop

import (
	"encoding/json"
	"maps"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// pushTo starts a push and returns its mediaSessionId.
func (g *gatewayUnderTest) pushTo(t testing.TB, stream, url string, more map[string]any) string {
	t.Helper()
	request := map[string]any{"streamName": stream, "rtmpUrl": url, "options": map[string]any{}}
	maps.Copy(request, more)
	status, body := g.post(t, "/push/startup", request)
	require.Equal(t, http.StatusOK, status, "%s", body)
	var reply struct{ MediaSessionID string }
	require.NoError(t, json.Unmarshal(body, &reply))
	require.NotEmpty(t, reply.MediaSessionID)
	return reply.MediaSessionID
}

// push is the snapshot of a push.
func (g *gatewayUnderTest) push(id string) gateway.Push {
	for _, p := range g.api.Snapshot().Pushes {
		if p.ID == id {
			return p
		}
	}
	return gateway.Push{}
}

// TestPushes sends a stream that its call has only reserved to two servers. One of them dies and comes back; the other
// push loses nothing. Both end with the call.
func TestPushes(t *testing.T) {
	gone, stays := peers.StartNginx(t), peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{AnswerDelay: 4 * time.Second})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "RING", patience)
	first := g.pushTo(t, "call", gone.URL("rec"), nil)
	second := g.pushTo(t, "call", stays.URL("rec")+"/other", map[string]any{"rtmpTransponderFullUrl": true})
	g.refused(t, "/push/startup", map[string]any{"streamName": "call", "rtmpUrl": gone.URL("rec")}, http.StatusConflict, "rtmpUrl")
	for _, id := range []string{first, second} {
		require.Eventually(t, func() bool { return g.push(id).Status == gateway.RTMPActive }, patience, 20*time.Millisecond)
	}
	time.Sleep(3 * time.Second) // on air
	gone.Kill()
	require.Eventually(t, func() bool { return g.push(first).Status == gateway.RTMPLost }, patience, 20*time.Millisecond)
	gone.Start(t)
	require.Eventually(t, func() bool { return g.push(first).Status == gateway.RTMPActive }, patience, 20*time.Millisecond)
	g.ok(t, "/push/terminate", map[string]any{"mediaSessionId": first})
	require.Eventually(t, func() bool { return g.push(first).ID == "" }, patience, 20*time.Millisecond)
	g.refused(t, "/push/terminate", map[string]any{"mediaSessionId": first}, http.StatusNotFound, "mediaSessionId")
	time.Sleep(6 * time.Second) // the other is on air
	g.hangUp(t, "call")
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Pushes) == 0 }, patience, 20*time.Millisecond)
	requireClip(t, analyse(t, stays.Recordings(t, "other")[0]), 6*time.Second)
	require.Len(t, gone.Recordings(t, "rtmp_call"), 2)
}

// TestMutedPush goes out with silence, then with the stream's own sound, in sync as if nothing had been.
func TestMutedPush(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	id := g.pushTo(t, "call", nginx.URL("rec"), map[string]any{"options": map[string]any{"action": "mute"}})
	require.Eventually(t, func() bool { return g.push(id).Status == gateway.RTMPActive }, patience, 20*time.Millisecond)
	time.Sleep(5 * time.Second) // on air without sound
	g.ok(t, "/push/unmute", map[string]any{"mediaSessionId": id})
	time.Sleep(8 * time.Second) // on air with it
	g.hangUp(t, "call")
	r := analyse(t, nginx.Recordings(t, "rtmp_call")[0])
	require.Zero(t, r.Damaged+r.Foreign+r.Skipped+r.Repeated+r.BackwardTimestamps, "%+v", r)
	require.NotEmpty(t, r.Beeps)
	require.Greater(t, r.Beeps[0], 4*time.Second, "muted from the start")
	requireInSync(t, r, 5)
}

// TestPushOfAPublisher sends what a program publishes on, and what is fetched from a server.
func TestPushOfAPublisher(t *testing.T) {
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	peers.PublishTone(t, nginx.URL("live")+"/source", 1000)
	g.ok(t, "/pull/rtmp/pull", map[string]any{"uri": nginx.URL("live") + "/source", "localStreamName": "pulled"})
	g.refused(t, "/pull/rtmp/pull", map[string]any{"uri": nginx.URL("live") + "/source"}, http.StatusConflict, "uri")
	require.Eventually(t, func() bool { return g.stream(t, "pulled").Live }, 2*patience, 20*time.Millisecond)
	id := g.pushTo(t, "pulled", nginx.URL("rec"), nil)
	require.Eventually(t, func() bool { return g.push(id).Status == gateway.RTMPActive }, patience, 20*time.Millisecond)
	time.Sleep(5 * time.Second) // on air
	g.ok(t, "/pull/rtmp/terminate", map[string]any{"uri": nginx.URL("live") + "/source"})
	require.Eventually(t, func() bool { return g.stream(t, "pulled").Name == "" && g.push(id).ID == "" }, patience, 20*time.Millisecond)
	share, err := content.Tone(t.Context(), nginx.Recordings(t, "rtmp_pulled")[0], 1000)
	require.NoError(t, err)
	require.Greater(t, share, 0.95)
}

// TestPullOutlivesItsServer: it waits for the name to be published, and for the server to come back.
func TestPullOutlivesItsServer(t *testing.T) {
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	uri := nginx.URL("live") + "/late"
	g.ok(t, "/pull/rtmp/pull", map[string]any{"uri": uri})
	require.Eventually(t, func() bool { return g.stream(t, uri).Source == gateway.SourcePull }, patience, 20*time.Millisecond, "it is named by its URI")
	peers.PublishTone(t, uri, 500)
	require.Eventually(t, func() bool { return g.stream(t, uri).Live }, 2*patience, 20*time.Millisecond)
	before := g.stream(t, uri).Video.Packets
	nginx.Kill()
	nginx.Start(t)
	peers.PublishTone(t, uri, 500)
	require.Eventually(t, func() bool { return g.stream(t, uri).Video.Packets > before+100 }, 3*patience, 20*time.Millisecond)
}

// TestPushRefused names what is wrong.
func TestPushRefused(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	for name, test := range map[string]struct {
		request map[string]any
		status  int
		field   string
	}{
		"no URL":          {map[string]any{"streamName": "call"}, http.StatusBadRequest, "rtmpUrl"},
		"no stream":       {map[string]any{"rtmpUrl": "rtmp://127.0.0.1/live"}, http.StatusBadRequest, "streamName"},
		"unknown stream":  {map[string]any{"streamName": "nothing", "rtmpUrl": "rtmp://127.0.0.1/live"}, http.StatusNotFound, "streamName"},
		"not RTMP":        {map[string]any{"streamName": "call", "rtmpUrl": "http://127.0.0.1/live"}, http.StatusBadRequest, "rtmpUrl"},
		"unknown host":    {map[string]any{"streamName": "call", "rtmpUrl": "rtmp://nowhere.invalid/live"}, http.StatusBadRequest, "rtmpUrl"},
		"full, but isn't": {map[string]any{"streamName": "call", "rtmpUrl": "rtmp://127.0.0.1/live", "rtmpTransponderFullUrl": true}, http.StatusBadRequest, "rtmpUrl"},
	} {
		t.Run(name, func(t *testing.T) { g.refused(t, "/push/startup", test.request, test.status, test.field) })
	}
}
