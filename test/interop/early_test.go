package interop

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// TestEarlyMedia: what a callee plays before it answers is received, and the call goes through WCS's statuses for it.
func TestEarlyMedia(t *testing.T) {
	clip := peers.WriteClip(t, 1)
	g := startGateway(t)
	history := g.watch(t)
	peer := callee(t, "early", map[string]any{"NoVideo": true, "Audio": clip.Sound})
	g.dial(t, "early", peer.URI(), nil)
	g.waitFor(t, "early", "status", "ESTABLISHED", patience)
	g.hangUp(t, "early")
	require.Equal(t, gateway.CallFinish, g.ending(t, history, "early", patience).Status)
	peer.Finished(t, patience)

	calls := history("early")
	requireStatuses(t, calls, gateway.CallSessionProgress, gateway.CallRingMedia, gateway.CallEstablished, gateway.CallFinish)
	require.True(t, slices.ContainsFunc(calls, func(c gateway.Call) bool {
		return c.Status == gateway.CallSessionProgress && c.SIPStatus == 183 && c.Audio.Packets > 20
	}), "sound before the answer")
}
