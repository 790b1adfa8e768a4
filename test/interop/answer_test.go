package interop

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// alice is the account that is called.
func alice(kamailio *peers.Kamailio) gateway.RegisterSpec {
	return gateway.RegisterSpec{Account: gateway.Account{
		Login: "alice", Password: "alicepw", Domain: "sip.test", OutboundProxy: kamailio.Address(),
	}}
}

// caller is a softphone that sends the demo clip.
func caller(t testing.TB, kamailio *peers.Kamailio, user string) *peers.Baresip {
	return peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: user, Play: time.Minute, Clip: true})
}

// waitRegistered waits until REST tells that alice is.
func (g *gatewayUnderTest) waitRegistered(t testing.TB) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, text := g.post(t, "/registration/find_all", nil)
		require.Equal(t, http.StatusOK, status)
		var all []map[string]any
		require.NoError(t, json.Unmarshal(text, &all))
		return len(all) == 1 && all[0]["registrationId"] == "alice@sip.test" && all[0]["status"] == "REGISTERED"
	}, patience, 20*time.Millisecond)
}

// waitRinging waits until REST tells of an incoming call of this user that rings, and returns its id.
func (g *gatewayUnderTest) waitRinging(t testing.TB, user string) (id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		status, text := g.post(t, "/call/find", map[string]any{"status": "RING"})
		if status == http.StatusNotFound {
			return false
		}
		var all []map[string]any
		require.NoError(t, json.Unmarshal(text, &all))
		for _, c := range all {
			if c["caller"] == user {
				require.Equal(t, true, c["incoming"])
				require.Equal(t, "alice", c["callee"])
				require.Equal(t, "alice@sip.test", c["registrationId"])
				require.Nil(t, c["streamName"])
				id = c["callId"].(string)
			}
		}
		return id != ""
	}, patience, 20*time.Millisecond)
	return id
}

// requireClipCoded fails unless a recording is the demo clip as a softphone has coded it anew.
func requireClipCoded(t testing.TB, nginx *peers.Nginx, name string, atLeast time.Duration) {
	t.Helper()
	files := nginx.Recordings(t, "rtmp_"+name)
	require.Len(t, files, 1, "one push, never interrupted")
	r, err := content.AnalyseCoded(t.Context(), files[0])
	require.NoError(t, err)
	t.Logf("%s: %d pictures, %d skipped, %d foreign, %d flashes, %d beeps, %v of video, %v of audio, %d holes",
		name, r.Frames, r.Skipped, r.Foreign, len(r.Flashes), len(r.Beeps), r.VideoDuration, r.AudioDuration, r.AudioHoles)
	seconds := int(atLeast.Seconds())
	require.GreaterOrEqual(t, r.VideoDuration, atLeast)
	require.InDelta(t, r.VideoDuration.Seconds(), r.AudioDuration.Seconds(), 0.5)
	require.GreaterOrEqual(t, len(r.Flashes), seconds-1)
	require.GreaterOrEqual(t, len(r.Beeps), seconds-1)
	require.Greater(t, r.Frames, 20*seconds)
	require.Zero(t, r.BackwardTimestamps)
	require.Zero(t, r.AudioHoles)
}

// TestIncomingAnsweredByREST: an account that is registered by REST is called by two softphones at once. Each call is
// answered into a stream with a name, which is pushed; what is refused before leaves the call ringing.
func TestIncomingAnsweredByREST(t *testing.T) {
	const onAir = 8 * time.Second
	kamailio, nginx := peers.StartKamailio(t), peers.StartNginx(t)
	bob, carol := caller(t, kamailio, "bob"), caller(t, kamailio, "carol")
	g := startGateway(t)
	g.ok(t, "/registration/startup", map[string]any{
		"sipLogin": "alice", "sipPassword": "alicepw", "sipDomain": "sip.test", "sipOutboundProxy": kamailio.Address(),
	})
	g.waitRegistered(t)
	bob.Dial(t, "sip:alice@sip.test")
	carol.Dial(t, "sip:alice@sip.test")
	first, second := g.waitRinging(t, "bob"), g.waitRinging(t, "carol")

	answer := func(id, name string) map[string]any {
		return map[string]any{"callId": id, "toStream": name, "rtmpUrl": nginx.URL("rec"), "rtmpStream": name}
	}
	g.ok(t, "/call/answer", answer(first, "one"))
	g.waitFor(t, first, "status", "ESTABLISHED", patience)
	for reason, request := range map[string]map[string]any{
		gateway.ReasonStreamInUse: {"callId": second, "toStream": "one"},
		gateway.ReasonTargetInUse: {"callId": second, "toStream": "two", "rtmpUrl": nginx.URL("rec"), "rtmpStream": "one"},
	} {
		status, text := g.post(t, "/call/answer", request)
		require.Equal(t, http.StatusConflict, status)
		require.Contains(t, string(text), reason)
		require.Equal(t, "RING", g.find(t, second)["status"])
	}
	g.ok(t, "/call/answer", answer(second, "two"))
	for _, id := range []string{first, second} {
		g.waitFor(t, id, "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	}
	require.Equal(t, "one", g.find(t, first)["streamName"])
	time.Sleep(onAir) // on air
	bob.Hangup(t)
	g.hangUp(t, second)
	g.waitGone(t, first, patience)
	g.waitNoCalls(t, bob)
	g.waitNoCalls(t, carol)
	for _, name := range []string{"one", "two"} {
		requireClipCoded(t, nginx, name, onAir-3*time.Second)
	}
	silence, err := content.Tone(t.Context(), bob.Heard(t), phoneTone)
	require.NoError(t, err)
	require.Less(t, silence, 0.01, "it was sent silence")
}

// TestIncomingByRule: a configured account's calls are taken by a rule into a stream that is named after the caller and
// pushed. A second caller is told that it is busy, until the first has gone.
func TestIncomingByRule(t *testing.T) {
	const onAir = 6 * time.Second
	kamailio, nginx := peers.StartKamailio(t), peers.StartNginx(t)
	bob, carol := caller(t, kamailio, "bob"), caller(t, kamailio, "carol")
	g := startGateway(t, func(c *gateway.Config) {
		c.SIP.Accounts = []gateway.RegisterSpec{alice(kamailio)}
		c.SIP.Rules = []gateway.AnswerRule{{
			Callee: "al*", Stream: "from-{caller}", RTMPURL: gateway.Secret(nginx.URL("rec")), RTMPStream: "{caller}",
		}}
	})
	g.waitRegistered(t)
	onTheAir := func(user string) (id string) {
		require.Eventually(t, func() bool {
			calls := g.api.Snapshot().Calls
			if len(calls) != 1 || calls[0].RTMPStatus != gateway.RTMPActive || calls[0].Stream != "from-"+user {
				return false
			}
			id = calls[0].ID
			return true
		}, patience, 20*time.Millisecond)
		return id
	}
	bob.Dial(t, "sip:alice@sip.test")
	id := onTheAir("bob")
	carol.Dial(t, "sip:alice@sip.test")
	carol.WaitSaid(t, "486 Busy Here")
	time.Sleep(onAir) // on air
	require.NotNil(t, g.find(t, id), "the call lives")
	bob.Hangup(t)
	g.waitNoCalls(t, bob)

	carol.Dial(t, "sip:alice@sip.test")
	id = onTheAir("carol")
	g.hangUp(t, id)
	g.waitNoCalls(t, carol)
	requireClipCoded(t, nginx, "bob", onAir-2*time.Second)
	res, err := http.Get(g.rest + "/metrics")
	require.NoError(t, err)
	metrics, err := io.ReadAll(res.Body)
	require.NoError(t, errors.Join(err, res.Body.Close()))
	require.Contains(t, string(metrics), "callcast_incoming_calls_refused_total 1\n")
	require.Contains(t, string(metrics), `callcast_registrations{status="REGISTERED"} 1`)
}

// TestIncomingWithoutRegistrar: a rule admits a softphone that calls the gateway itself. Whom no rule fits is not let in.
func TestIncomingWithoutRegistrar(t *testing.T) {
	const onAir = 5 * time.Second
	nginx := peers.StartNginx(t)
	bob := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute, Clip: true})
	g := startGateway(t, func(c *gateway.Config) {
		c.SIP.Rules = []gateway.AnswerRule{{Callee: "studio?", Caller: "b*b", RTMPURL: gateway.Secret(nginx.URL("rec")), RTMPStream: "direct"}}
	})
	address := g.listener(t, "sip")
	bob.Dial(t, "sip:elsewhere@"+address)
	bob.WaitSaid(t, "404 Not Found")
	require.Empty(t, g.api.Snapshot().Calls)

	bob.Dial(t, "sip:studio1@"+address)
	require.Eventually(t, func() bool {
		calls := g.api.Snapshot().Calls
		return len(calls) == 1 && calls[0].Status == gateway.CallEstablished && calls[0].Registration == "" && calls[0].Stream == calls[0].ID
	}, patience, 20*time.Millisecond)
	time.Sleep(onAir) // on air
	bob.Hangup(t)
	g.waitNoCalls(t, bob)
	requireClipCoded(t, nginx, "direct", onAir-2*time.Second)
}

// TestIncomingUnanswered: a call that rings is refused by terminate, and one whose caller gives up is gone, leaving nothing.
func TestIncomingUnanswered(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	bob := caller(t, kamailio, "bob")
	g := startGateway(t, func(c *gateway.Config) { c.SIP.Accounts = []gateway.RegisterSpec{alice(kamailio)} })
	history := g.watch(t)
	g.waitRegistered(t)

	bob.Dial(t, "sip:alice@sip.test")
	id := g.waitRinging(t, "bob")
	g.ok(t, "/call/terminate", map[string]any{"callId": id})
	bob.WaitSaid(t, "486 Busy Here")
	require.Equal(t, gateway.EndLocal, g.ending(t, history, id, patience).Ending.Reason)
	g.waitNoCalls(t, bob)

	bob.Dial(t, "sip:alice@sip.test")
	id = g.waitRinging(t, "bob")
	require.Empty(t, g.api.Snapshot().Streams, "nothing is reserved for it")
	bob.Hangup(t)
	require.Equal(t, gateway.EndRemote, g.ending(t, history, id, patience).Ending.Reason)
	g.waitNoCalls(t, bob)
	status, _ := g.post(t, "/call/answer", map[string]any{"callId": id})
	require.Equal(t, http.StatusNotFound, status)
}
