package interop

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// told is what a peer tells of a transfer it was asked for.
func told(state, status string) []step {
	return []step{
		{
			Send: "NOTIFY", Body: "SIP/2.0 " + status,
			Headers: "Event: refer\nSubscription-State: " + state + "\nContent-Type: message/sipfrag;version=2.0",
		},
		{Response: "200"},
	}
}

// TestTransferByREST asks a peer to talk with somebody else: it refuses, fails, and at last does so, which ends the call.
func TestTransferByREST(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	peer := scripted(t,
		[]step{{Request: "REFER"}, {Reply: "603 Decline"}},
		[]step{{Request: "REFER"}, {Reply: "202 Accepted"}}, told("active;expires=60", "100 Trying"),
		told("terminated;reason=noresource", "486 Busy Here"),
		[]step{{Request: "REFER"}, {Reply: "202 Accepted"}}, told("terminated;reason=noresource", "200 OK"))
	g.dial(t, "passed", peer.URI(), nil)
	g.waitFor(t, "passed", "status", "ESTABLISHED", patience)
	transfer := func() (int, []byte) {
		return g.post(t, "/call/transfer", map[string]any{"callId": "passed", "target": "carol"})
	}
	status, text := transfer()
	require.Equal(t, http.StatusConflict, status)
	require.Contains(t, string(text), "603")
	g.ok(t, "/call/transfer", map[string]any{"callId": "passed", "target": "carol"})
	require.Eventually(t, func() bool {
		now := g.call(t, "passed").Transfer
		return now.Status == gateway.TransferFailed && now.SIPStatus == 486
	}, patience, playbackPoll)
	g.requireBeepsNow(t, "passed")
	status, text = transfer()
	require.Contains(t, []int{http.StatusOK, http.StatusNotFound}, status, "%s", text)
	require.Equal(t, gateway.EndTransferred, g.ending(t, history, "passed", patience).Ending.Reason)
	peer.Finished(t, patience)
	require.Contains(t, received(t, peer, "REFER")[2], "Refer-To: <sip:carol@127.0.0.1>")
}

// TestPeerTransfersUs: a peer sends the gateway to one who is busy, and the call goes on; then to one who answers, whose
// sound is on air in the same stream.
func TestPeerTransfersUs(t *testing.T) {
	g := startGateway(t)
	busy, free := callee(t, "refuse", map[string]any{"Status": "486 Busy Here"}), scripted(t)
	heard := []step{{Request: "NOTIFY"}, {Reply: "200 OK"}}
	refer := func(to string) []step {
		return []step{{Pause: 1000}, {Send: "REFER", Headers: "Refer-To: <" + to + ">"}, {Response: "202"}}
	}
	peer := callee(t, "script", script(map[string]any{"First": sound(1)},
		refer(busy.URI()), heard, heard, refer(free.URI()), heard, heard, heard))
	g.dial(t, "sent", peer.URI(), nil)
	peer.Finished(t, 2*patience)
	busy.Finished(t, patience)
	g.requireBeepsNow(t, "sent")
	require.Equal(t, "ESTABLISHED", g.find(t, "sent")["status"])
	g.hangUp(t, "sent")
	free.Finished(t, patience)
	notes := received(t, peer, "NOTIFY")
	require.Len(t, notes, 5)
	for i, want := range []string{"100 Trying", "486 Busy Here", "100 Trying", "180 Ringing", "200 OK"} {
		require.Contains(t, notes[i], "SIP/2.0 "+want)
	}
}

// TestPeerWishesForMoreThanACall: a request other than a call is refused, and so is one that is to have what the gateway has not.
// Of the headers that are wished for, the call has those that say which call it is, and none that would speak for the gateway.
func TestPeerWishesForMoreThanACall(t *testing.T) {
	g := startGateway(t)
	free := scripted(t)
	refer := func(what, answer string) []step {
		return []step{{Send: "REFER", Headers: "Refer-To: <" + free.URI() + what + ">"}, {Response: answer}}
	}
	forged := []string{
		"Route=%3Csip:127.0.0.1:9;lr%3E", "Via=SIP/2.0/UDP%20forged:9", "From=sip:forged@h", "Call-ID=forged", "CSeq=9%20BYE",
		"Authorization=Digest%20forged", "Contact=sip:forged@h", "Record-Route=%3Csip:forged%3E", "Content-Type=forged", "body=forged",
	}
	heard := []step{{Request: "NOTIFY"}, {Reply: "200 OK"}}
	peer := scripted(t,
		[]step{{Pause: 1000}},
		refer(";method=BYE", "501"), refer(";method=SUBSCRIBE?Event=dialog", "501"), refer("?Require=teleport", "501"),
		refer(";method=INVITE?Require=timer&"+strings.Join(forged, "&"), "202"), heard, heard, heard)
	g.dial(t, "sent", peer.URI(), nil)
	peer.Finished(t, 2*patience)
	g.requireBeepsNow(t, "sent")
	g.hangUp(t, "sent")
	free.Finished(t, patience)
	invites := received(t, free, "INVITE")
	require.Len(t, invites, 1)
	require.True(t, strings.HasPrefix(invites[0], "INVITE "+free.URI()+" SIP/2.0\r\n"), invites[0])
	require.Contains(t, invites[0], "Require: timer\r\n")
	require.NotContains(t, invites[0], "forged")
	require.NotContains(t, invites[0], "Route:")
	require.Empty(t, received(t, free, "SUBSCRIBE"))
}
