package interop

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestPeerHolds: a peer holds the call in each way there is, by a re-INVITE and by an UPDATE, and takes it back. The answer
// on the wire says what is left, and afterwards its sound is on air again.
func TestPeerHolds(t *testing.T) {
	g := startGateway(t)
	for name, test := range map[string]struct {
		method, key, value string
		answer             string
	}{
		"sendonly": {"INVITE", "Direction", "sendonly", "a=recvonly"},
		"inactive": {"INVITE", "Direction", "inactive", "a=inactive"},
		"zero":     {"INVITE", "Connection", "IP4 0.0.0.0", "a=recvonly"},
		"update":   {"UPDATE", "Direction", "sendonly", "a=recvonly"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peer := scripted(t, offer(test.method, sound(2, test.key, test.value)), offer(test.method, sound(3)))
			g.dial(t, name, peer.URI(), nil)
			g.waitFor(t, name, "status", "HOLD", patience)
			require.Equal(t, gateway.Held{Remote: true}, g.call(t, name).Held)
			g.waitFor(t, name, "status", "ESTABLISHED", patience)
			g.requireBeepsNow(t, name)
			g.hangUp(t, name)
			peer.Finished(t, patience)
			answers := answersTo(t, peer, test.method)
			require.Len(t, answers, 2)
			require.Contains(t, answers[0], test.answer)
			require.Contains(t, answers[1], "a=sendrecv")
		})
	}
}

// TestWeHold holds a call and takes it back: the offer on the wire is sendonly and then sendrecv, whatever the peer makes
// of it.
func TestWeHold(t *testing.T) {
	g := startGateway(t)
	for _, direction := range []string{"recvonly", "inactive"} {
		t.Run(direction, func(t *testing.T) {
			t.Parallel()
			peer := scripted(t, agree(sound(2, "Direction", direction)), agree(sound(3)))
			g.dial(t, direction, peer.URI(), nil)
			g.waitFor(t, direction, "status", "ESTABLISHED", patience)
			g.ok(t, "/call/hold", map[string]any{"callId": direction})
			g.waitHeld(t, direction, gateway.Held{Local: true})
			g.ok(t, "/call/unhold", map[string]any{"callId": direction})
			g.waitHeld(t, direction, gateway.Held{})
			g.requireBeepsNow(t, direction)
			g.hangUp(t, direction)
			peer.Finished(t, patience)
			offers := received(t, peer, "INVITE")
			require.Len(t, offers, 3)
			require.Contains(t, offers[1], "a=sendonly")
			require.NotContains(t, offers[1], "a=sendrecv")
			require.Contains(t, offers[2], "a=sendrecv")
		})
	}
}

// TestBothHold: each side holds, and the call goes on when both have taken it back.
func TestBothHold(t *testing.T) {
	g := startGateway(t)
	peer := scripted(t,
		agree(sound(2, "Direction", "recvonly")),
		offer("INVITE", sound(3, "Direction", "inactive")),
		agree(sound(4, "Direction", "inactive")),
		offer("INVITE", sound(5)))
	g.dial(t, "both", peer.URI(), nil)
	g.waitFor(t, "both", "status", "ESTABLISHED", patience)
	g.ok(t, "/call/hold", map[string]any{"callId": "both"})
	g.waitHeld(t, "both", gateway.Held{Local: true, Remote: true})
	g.ok(t, "/call/unhold", map[string]any{"callId": "both"})
	g.waitHeld(t, "both", gateway.Held{Remote: true})
	g.waitHeld(t, "both", gateway.Held{})
	g.waitFor(t, "both", "status", "ESTABLISHED", patience)
	g.requireBeepsNow(t, "both")
	g.hangUp(t, "both")
	peer.Finished(t, patience)
}
