package interop

import (
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

// TestCallerInsistsOnAcknowledgement: the caller acknowledges that it rings, and the call comes about.
func TestCallerInsistsOnAcknowledgement(t *testing.T) {
	g := startGateway(t)
	registrar := callee(t, "registrar", nil)
	desk := gateway.Account{Login: "desk", Domain: registrar.Address()}
	require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: desk}))
	g.waitRegistration(t, "desk", gateway.RegistrationUp)
	caller := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/insistent.xml",
		map[string]any{"User": "desk", "NoVideo": true, "Audio": peers.WriteClip(t, 1).Sound}, net.JoinHostPort("127.0.0.1", g.sipPort(t)))
	incoming := g.waitIncoming(t)
	require.Eventually(t, func() bool { return len(answersTo(t, caller, "PRACK")) == 1 }, patience, 50*time.Millisecond)
	g.ok(t, "/call/answer", map[string]any{"callId": incoming.ID, "toStream": "insists"})
	g.waitFor(t, incoming.ID, "status", "ESTABLISHED", patience)
	g.requireBeepsNow(t, "insists")
	g.hangUp(t, incoming.ID)
	caller.Finished(t, patience)
	require.NoError(t, g.api.Unregister(t.Context(), "desk"))
	registrar.Finished(t, patience)
}
