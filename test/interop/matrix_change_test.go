package interop

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestMediaMoves: a re-INVITE names another port. What comes from there is on air, and what is injected into the call goes
// there.
func TestMediaMoves(t *testing.T) {
	g := startGateway(t)
	phone := startPhone(t, demophone.Params{})
	g.dial(t, "clip", phone.URI(), nil)
	peer := callee(t, "script", script(
		map[string]any{"First": sound(1), "Sound": peers.WriteClip(t, 1).Sound},
		[]step{{Pause: 1000}},
		offer("INVITE", sound(2, "Port", "[media_port+6]")),
		[]step{
			{Play: `rtp_stream="pause"`},
			{Play: fmt.Sprintf("play_pcap_audio=%q", peers.WriteSound(t, 30).Capture)},
		},
	))
	g.dial(t, "moves", peer.URI(), nil)
	g.waitFor(t, "moves", "status", "ESTABLISHED", patience)
	g.waitFor(t, "clip", "status", "ESTABLISHED", patience)
	g.ok(t, "/call/inject_stream", map[string]any{"callId": "moves", "streamName": "clip"})
	there := fmt.Sprintf("127.0.0.1:%d", peer.Port+2+6)
	require.Eventually(t, func() bool { return g.call(t, "moves").Audio.Remote == there }, patience, 20*time.Millisecond,
		"%+v", g.call(t, "moves").Audio)
	g.requireBeepsNow(t, "moves")
	sent := analyse(t, peers.TapCall(t, there, "", 4*time.Second).Recording(t))
	requireBeeps(t, sent, 3)
	g.hangUp(t, "moves")
	g.hangUp(t, "clip")
	peer.Finished(t, patience)
}

// TestCodecChanges: a re-INVITE goes from A-law to mu-law, and the sound on air is the same.
func TestCodecChanges(t *testing.T) {
	g := startGateway(t)
	peer := callee(t, "script", script(
		map[string]any{"First": sound(1), "Sound": peers.WriteClip(t, 1).Sound},
		[]step{{Pause: 1000}},
		offer("INVITE", sound(2, "MuLaw", "yes")),
		[]step{{Play: fmt.Sprintf(`rtp_stream="%s,-1,0,PCMU/8000"`, peers.WriteSound(t, 1).MuLaw)}},
	))
	g.dial(t, "codec", peer.URI(), nil)
	g.waitCodec(t, "codec", "PCMA")
	g.waitCodec(t, "codec", "PCMU")
	g.requireBeepsNow(t, "codec")
	g.hangUp(t, "codec")
	peer.Finished(t, patience)
	require.Contains(t, answersTo(t, peer, "INVITE")[0], "RTP/AVP 0 101")
}

// waitCodec waits until the sound of a call comes in a codec.
func (g *gatewayUnderTest) waitCodec(t testing.TB, id, want string) {
	t.Helper()
	require.Eventually(t, func() bool { return g.call(t, id).Audio.Codec == want }, patience, 20*time.Millisecond, "not %s", want)
}

// TestReinviteWithoutOffer: the gateway makes the offer, and the ACK holds the answer.
func TestReinviteWithoutOffer(t *testing.T) {
	g := startGateway(t)
	peer := scripted(t,
		[]step{{Pause: 1000}, {Send: "INVITE"}, {Response: "200"}, {Ack: "200", SDP: sound(2, "Direction", "sendonly")}},
		[]step{{Pause: 2000}, {Send: "INVITE"}, {Response: "200"}, {Ack: "200", SDP: sound(3)}})
	g.dial(t, "late", peer.URI(), nil)
	g.waitFor(t, "late", "status", "HOLD", patience)
	g.waitFor(t, "late", "status", "ESTABLISHED", patience)
	g.requireBeepsNow(t, "late")
	g.hangUp(t, "late")
	peer.Finished(t, patience)
	for _, message := range answersTo(t, peer, "INVITE") {
		require.Contains(t, message, "a=sendrecv")
		require.Contains(t, message, "telephone-event")
	}
}

// TestRequestsInsideACall are answered as they deserve, and the call stays on air.
func TestRequestsInsideACall(t *testing.T) {
	g := startGateway(t)
	const tone = "Info-Package: none\nContent-Type: application/x-unknown"
	peer := scripted(t, []step{
		{Send: "OPTIONS"},
		{Response: "200"},
		{Send: "INFO", Headers: tone},
		{Response: "200"},
		{Send: "UPDATE"},
		{Response: "200"},
		{Send: "MESSAGE"},
		{Response: "501"},
		{Send: "INVITE", SDP: sound(2), Headers: "Require: magic"},
		{Response: "420"},
		{Ack: "420"},
	})
	g.dial(t, "asked", peer.URI(), nil)
	g.waitFor(t, "asked", "status", "ESTABLISHED", patience)
	g.requireBeepsNow(t, "asked")
	g.hangUp(t, "asked")
	peer.Finished(t, patience)
	require.Contains(t, answersTo(t, peer, "OPTIONS")[0], "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY")
	require.Contains(t, answersTo(t, peer, "INVITE")[0], "Unsupported: magic")
}

// TestChangesCross: each side's change meets one that is under way, and is refused with 491. The gateway tries again.
func TestChangesCross(t *testing.T) {
	g := startGateway(t)
	peer := scripted(t, []step{
		{Request: "INVITE"},
		{Send: "INVITE", SDP: sound(2)},
		{Response: "491"},
		{Ack: "491"},
		{Reply: "491 Request Pending"},
		{Request: "ACK"},
	}, agree(sound(3, "Direction", "recvonly")), offer("INVITE", sound(4, "Direction", "recvonly")))
	g.dial(t, "cross", peer.URI(), nil)
	g.waitFor(t, "cross", "status", "ESTABLISHED", patience)
	g.ok(t, "/call/hold", map[string]any{"callId": "cross"})
	g.waitHeld(t, "cross", gateway.Held{Local: true})
	require.Eventually(t, func() bool { return len(answersTo(t, peer, "INVITE")) == 2 }, patience, 50*time.Millisecond)
	g.hangUp(t, "cross")
	peer.Finished(t, patience)
	answers := answersTo(t, peer, "INVITE")
	require.True(t, strings.HasPrefix(answers[0], "SIP/2.0 491 "), answers[0])
	require.True(t, strings.HasPrefix(answers[1], "SIP/2.0 200 "), answers[1])
	require.Contains(t, answers[1], "a=sendonly")
}

// TestByeDuringChange: the peer hangs up while a change of the session is under way: the gateway's has no answer
// yet, or the answer to its own no ACK.
func TestByeDuringChange(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	start := func(t *testing.T, id string, steps ...step) *peers.SIPp {
		peer := callee(t, "script", script(map[string]any{"First": sound(1), "Ends": true}, steps))
		g.dial(t, id, peer.URI(), nil)
		g.waitFor(t, id, "status", "ESTABLISHED", patience)
		return peer
	}
	over := func(t *testing.T, id string, peer *peers.SIPp) {
		require.Equal(t, gateway.EndRemote, g.ending(t, history, id, patience).Ending.Reason)
		peer.Finished(t, patience)
	}
	t.Run("ours", func(t *testing.T) {
		t.Parallel()
		peer := start(t, "ours", step{Request: "INVITE"}, step{Send: "BYE"}, step{Response: "200"},
			step{Reply: "487 Request Terminated"}, step{Request: "ACK"})
		begun := time.Now()
		status, text := g.post(t, "/call/hold", map[string]any{"callId": "ours"})
		require.Contains(t, []int{http.StatusConflict, http.StatusNotFound}, status, "%s", text)
		require.Less(t, time.Since(begun), 8*time.Second, "it does not wait for its time to run out")
		over(t, "ours", peer)
	})
	t.Run("its own", func(t *testing.T) {
		t.Parallel()
		peer := start(t, "own", step{Pause: 1500}, step{Send: "INVITE", SDP: sound(2)}, step{Response: "200"},
			step{Send: "BYE"}, step{Response: "200"})
		over(t, "own", peer)
	})
}
