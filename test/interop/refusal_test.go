package interop

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// TestCalleeRefuses: each refusal ends the call in the status that WCS has for it, and what the callee said is kept.
func TestCalleeRefuses(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	for refusal, want := range map[string]struct {
		status gateway.CallStatus
		reason gateway.EndReason
	}{
		"404 Not Found":           {gateway.CallFailed, gateway.EndRejected},
		"486 Busy Here":           {gateway.CallBusy, gateway.EndBusy},
		"600 Busy Everywhere":     {gateway.CallBusy, gateway.EndBusy},
		"488 Not Acceptable Here": {gateway.CallFailed, gateway.EndRejected},
		"503 Service Unavailable": {gateway.CallFailed, gateway.EndRejected},
	} {
		t.Run(refusal, func(t *testing.T) {
			t.Parallel()
			id, text, _ := strings.Cut(refusal, " ")
			peer := callee(t, "refuse", map[string]any{"Status": refusal})
			g.dial(t, id, peer.URI(), nil)
			last := g.ending(t, history, id, patience)
			require.Equal(t, want.status, last.Status)
			require.Equal(t, id, fmt.Sprint(last.SIPStatus))
			require.Equal(t, want.reason, last.Ending.Reason)
			require.Contains(t, last.Ending.Text, text)
			peer.Finished(t, patience)
		})
	}
}

// TestCalleeMoved follows a redirection to another callee.
func TestCalleeMoved(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	there := callee(t, "answer", nil)
	here := callee(t, "refuse", map[string]any{"Status": "302 Moved Temporarily", "Contact": "<" + there.URI() + ">"})
	g.dial(t, "moved", here.URI(), nil)
	g.waitFor(t, "moved", "status", "ESTABLISHED", patience)
	here.Finished(t, patience)
	g.hangUp(t, "moved")
	require.Equal(t, gateway.CallFinish, g.ending(t, history, "moved", patience).Status)
	there.Finished(t, patience)
}

// TestCalleeDoesNotAnswer: the callee rings for as long as the configuration allows and is then told to stop.
func TestCalleeDoesNotAnswer(t *testing.T) {
	g := startGateway(t, func(c *gateway.Config) { c.SIP.NoAnswer = 2 * time.Second })
	history := g.watch(t)
	peer := callee(t, "ring", nil)
	g.dial(t, "alone", peer.URI(), nil)
	last := g.ending(t, history, "alone", patience)
	require.Equal(t, gateway.CallFailed, last.Status)
	require.Equal(t, gateway.EndNoAnswer, last.Ending.Reason)
	require.Equal(t, 487, last.SIPStatus)
	requireStatuses(t, history("alone"), gateway.CallRing, gateway.CallFailed)
	peer.Finished(t, patience) // the CANCEL came, and the 487 was acknowledged
}
