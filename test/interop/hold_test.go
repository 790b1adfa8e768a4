package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// requireSilent listens to an element that plays a call that is held.
func requireSilent(t testing.TB, page *peers.Page, selector string) {
	t.Helper()
	var share float64
	require.Eventually(t, func() bool { // what is on its way still sounds
		share = content.Share(page.Watch(t, selector, 2*time.Second).Sound, phoneTone)
		return share == 0
	}, 2*patience, playbackPoll, "share of the tone: %v", &share)
}

// onlyCall is the gateway's call, of which there is one.
func (g *gatewayUnderTest) onlyCall(t testing.TB) gateway.Call {
	t.Helper()
	calls := g.api.Snapshot().Calls
	require.Len(t, calls, 1)
	return calls[0]
}

// waitStatus waits for the status of the gateway's call.
func (g *gatewayUnderTest) waitStatus(t testing.TB, want gateway.CallStatus) {
	t.Helper()
	require.Eventually(t, func() bool { return g.onlyCall(t).Status == want }, patience, playbackPoll, "not %s", want)
}

// beepsSent listens on the wire to what the gateway sends the other side of its call, and counts the beeps a second of the
// clip camera's microphone.
func (g *gatewayUnderTest) beepsSent(t testing.TB) float64 {
	t.Helper()
	const length = 4 * time.Second
	r := analyse(t, peers.TapCall(t, g.onlyCall(t).Audio.Remote, "", length).Recording(t))
	require.InDelta(t, length.Seconds(), r.AudioDuration.Seconds(), 1, "%+v", r)
	return float64(len(r.Beeps)) / r.AudioDuration.Seconds()
}

// TestSDKPhoneHold holds a call in the page and then on the softphone, and takes it back: whoever is held hears silence,
// and then the other again.
func TestSDKPhoneHold(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	requireToneHeard(t, page, remoteSound)

	page.Click(t, "#holdBtn")
	g.waitStatus(t, gateway.CallHold)
	require.Equal(t, gateway.Held{Local: true}, g.onlyCall(t).Held)
	page.WaitText(t, "#holdBtn", "Unhold")
	requireSilent(t, page, remoteSound)
	require.Zero(t, g.beepsSent(t))
	page.Click(t, "#holdBtn") // which the page allows when it was told HOLD
	g.waitStatus(t, gateway.CallEstablished)
	requireToneHeard(t, page, remoteSound)
	require.InDelta(t, 1, g.beepsSent(t), 0.3)

	phone.Hold(t)
	g.waitStatus(t, gateway.CallHold)
	require.Equal(t, gateway.Held{Remote: true}, g.onlyCall(t).Held)
	requireSilent(t, page, remoteSound)
	phone.Resume(t)
	g.waitStatus(t, gateway.CallEstablished)
	requireToneHeard(t, page, remoteSound)
	require.InDelta(t, 1, g.beepsSent(t), 0.3)

	page.Click(t, "#callBtn")
	page.WaitText(t, "#callStatus", "FINISH")
	g.waitNoCalls(t, phone)
}

// TestHoldByREST holds a call to a softphone that is recorded off an RTMP server, and takes it back: the recording goes on
// without a hole, and has the tone, silence and the tone again.
func TestHoldByREST(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	nginx := peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute})
	g := startGateway(t)
	g.ok(t, "/call/startup", map[string]any{
		"callId": "held", "callee": "bob", "toStream": "bob1", "rtmpUrl": nginx.URL("rec"), "rtmpStream": "bob",
		"hasAudio": "true", "hasVideo": "true",
		"sipLogin": "gw", "sipAuthenticationName": "gw", "sipPassword": "gwpw",
		"sipDomain": "sip.test", "sipOutboundProxy": kamailio.Address(), "sipPort": "", "sipRegisterRequired": "true",
	})
	g.waitFor(t, "held", "status", "ESTABLISHED", patience)
	g.waitFor(t, "held", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	const stage = 4 * time.Second
	time.Sleep(stage) // on air
	g.ok(t, "/call/hold", map[string]any{"callId": "held"})
	begun := time.Now()
	g.waitFor(t, "held", "status", "HOLD", patience)
	time.Sleep(stage)
	g.ok(t, "/call/unhold", map[string]any{"callId": "held"})
	held := time.Since(begun)
	g.waitFor(t, "held", "status", "ESTABLISHED", patience)
	time.Sleep(stage)
	g.ok(t, "/call/terminate", map[string]any{"callId": "held"})
	g.waitNoCalls(t, phone)

	files := nginx.Recordings(t, "rtmp_bob")
	require.Len(t, files, 1, "one push, never interrupted")
	r := analyse(t, files[0])
	require.Greater(t, r.VideoDuration, 3*stage-time.Second)
	require.InDelta(t, r.VideoDuration.Seconds(), r.AudioDuration.Seconds(), 0.5)
	require.Zero(t, r.BackwardTimestamps)
	require.Zero(t, r.AudioHoles)
	require.Less(t, r.LongestVideoGap, 1500*time.Millisecond, "the slate stands in")
	share, err := content.Tone(t.Context(), files[0], phoneTone)
	require.NoError(t, err)
	require.InDelta(t, 1-held.Seconds()/r.AudioDuration.Seconds(), share, 0.12, "silence while it is held")
}
