package interop

import (
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// TestEarlyMediaAcknowledged: provisional responses that ask for it are acknowledged, the sound before the answer is
// received, and an answer that says nothing new leaves the session as it was described then.
func TestEarlyMediaAcknowledged(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	peer := callee(t, "reliable", map[string]any{"NoVideo": true, "Audio": peers.WriteClip(t, 1).Sound})
	g.dial(t, "reliable", peer.URI(), nil)
	g.waitFor(t, "reliable", "status", "ESTABLISHED", patience)
	g.requireBeepsNow(t, "reliable")
	g.hangUp(t, "reliable")
	peer.Finished(t, patience)
	require.Len(t, received(t, peer, "PRACK"), 2)

	calls := history("reliable")
	requireStatuses(t, calls, gateway.CallSessionProgress, gateway.CallRingMedia, gateway.CallEstablished, gateway.CallFinish)
	require.True(t, slices.ContainsFunc(calls, func(c gateway.Call) bool {
		return c.Status == gateway.CallSessionProgress && c.Audio.Packets > 20
	}), "sound before the answer")
}

// TestCalleeMovesBeforeItAnswers: it says twice that it is there, offers something else too early, is heard, and goes on from
// another port, from which it is heard before and after it has answered.
func TestCalleeMovesBeforeItAnswers(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	peer := callee(t, "update", map[string]any{
		"NoVideo": true, "Audio": peers.WriteClip(t, 1).Sound, "Capture": peers.WriteSound(t, 60).Capture,
		"There": step{Number: 1},
		"Early": step{Number: 2, SDP: sound(2)},
		"Moves": step{Number: 3, SDP: sound(2, "Port", "[media_port+6]")},
	})
	g.dial(t, "moves", peer.URI(), nil)
	g.waitFor(t, "moves", "status", "SESSION_PROGRESS", patience)
	g.requireBeepsNow(t, "moves")
	g.waitFor(t, "moves", "status", "ESTABLISHED", patience)
	viewer := peers.StartViewer(t, g.rest+"/whep/moves", peers.Viewing{Audio: "PCMA", Record: 7 * time.Second})
	require.GreaterOrEqual(t, len(analyse(t, viewer.Recording(t)).Beeps), 3, "the time of a sound that began anew may still be catching up")
	there := fmt.Sprintf("127.0.0.1:%d", peer.Port+2+6)
	require.Equal(t, there, g.call(t, "moves").Audio.Remote)
	g.hangUp(t, "moves")
	peer.Finished(t, patience)
	require.True(t, slices.ContainsFunc(history("moves"), func(c gateway.Call) bool {
		return c.Status == gateway.CallSessionProgress && c.Audio.Remote == there
	}), "it has not moved before it answered")
	answers := answersTo(t, peer, "UPDATE")
	require.Len(t, answers, 3)
	require.Contains(t, answers[2], "m=audio")
}

// TestCallerInsistsOnAcknowledgement: the caller acknowledges that it rings, and the call comes about, whatever else it offers
// before.
func TestCallerInsistsOnAcknowledgement(t *testing.T) {
	g := startGateway(t)
	registrar := callee(t, "registrar", nil)
	desk := gateway.Account{Login: "desk", Domain: registrar.Address()}
	require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: desk}))
	g.waitRegistration(t, "desk", gateway.RegistrationUp)
	for name, offers := range map[string]description{"insists": nil, "offers": sound(2, "MuLaw", "yes")} {
		caller := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/insistent.xml",
			map[string]any{"User": "desk", "NoVideo": true, "Audio": peers.WriteClip(t, 1).Sound, "Offers": offers},
			net.JoinHostPort("127.0.0.1", g.sipPort(t)))
		incoming := g.waitIncoming(t)
		last := "PRACK"
		if offers != nil {
			last = "4 UPDATE"
		}
		require.Eventually(t, func() bool { return len(answersTo(t, caller, last)) == 1 }, patience, 50*time.Millisecond)
		g.ok(t, "/call/answer", map[string]any{"callId": incoming.ID, "toStream": name})
		g.waitFor(t, incoming.ID, "status", "ESTABLISHED", patience)
		g.requireBeepsNow(t, name)
		g.hangUp(t, incoming.ID)
		caller.Finished(t, patience)
	}
	require.NoError(t, g.api.Unregister(t.Context(), "desk"))
	registrar.Finished(t, patience)
}
