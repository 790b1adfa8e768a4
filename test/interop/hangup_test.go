package interop

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestHangup: however the two sides part, the call is over and neither is left waiting. A scenario that does not see
// what it expects fails.
func TestHangup(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	audioOnly := map[string]any{"NoVideo": true} // so that nobody asks for a keyframe
	finish := func(t *testing.T, id string, reason gateway.EndReason) {
		t.Helper()
		last := g.ending(t, history, id, patience)
		require.Equal(t, gateway.CallFinish, last.Status)
		require.Equal(t, reason, last.Ending.Reason)
		require.Nil(t, g.find(t, id), "a call that is over is not found")
	}

	t.Run("the callee hangs up", func(t *testing.T) {
		t.Parallel()
		peer := callee(t, "leave", audioOnly)
		g.dial(t, "leaves", peer.URI(), nil)
		g.waitFor(t, "leaves", "status", "ESTABLISHED", patience)
		finish(t, "leaves", gateway.EndRemote)
		peer.Finished(t, patience)
	})
	t.Run("both hang up at once", func(t *testing.T) {
		t.Parallel()
		peer := callee(t, "bye_race", audioOnly)
		g.dial(t, "both", peer.URI(), nil)
		g.waitFor(t, "both", "status", "ESTABLISHED", patience)
		g.hangUp(t, "both")
		finish(t, "both", gateway.EndLocal)
		peer.Finished(t, patience)
	})
	t.Run("the callee never answers the BYE", func(t *testing.T) {
		t.Parallel()
		peer := callee(t, "deaf", audioOnly)
		g.dial(t, "deaf", peer.URI(), nil)
		g.waitFor(t, "deaf", "status", "ESTABLISHED", patience)
		g.hangUp(t, "deaf")
		finish(t, "deaf", gateway.EndLocal)
		require.GreaterOrEqual(t, len(arrived(t, peer, "BYE")), 2, "it is repeated before it is given up")
	})
	t.Run("we hang up while it rings", func(t *testing.T) {
		t.Parallel()
		peer := callee(t, "ring", nil)
		g.dial(t, "ringing", peer.URI(), nil)
		g.waitFor(t, "ringing", "status", "RING", patience)
		g.hangUp(t, "ringing")
		finish(t, "ringing", gateway.EndLocal)
		peer.Finished(t, patience)
	})
	t.Run("the answer crosses our CANCEL", func(t *testing.T) {
		t.Parallel()
		peer := callee(t, "crossing", audioOnly)
		g.dial(t, "crossing", peer.URI(), nil)
		g.waitFor(t, "crossing", "status", "RING", patience)
		g.hangUp(t, "crossing")
		finish(t, "crossing", gateway.EndLocal)
		peer.Finished(t, patience)
		for _, c := range history("crossing") {
			require.NotEqual(t, gateway.CallEstablished, c.Status)
		}
	})
}
