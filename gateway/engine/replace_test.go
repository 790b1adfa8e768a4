package engine

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
)

// TestCallWaitsForABrowser: a call whose browser has left ends when no other came in its place in time, and not before.
func TestCallWaitsForABrowser(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	h := newHandset(t, true)
	kept := spec("c1", phone)
	kept.Keep = 2 * time.Second
	dial(t, e, h, kept)
	events.await(t, "c1", established)
	<-h.Connected
	left := time.Now()
	h.Close()
	ended := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Status.Ended() })
	require.GreaterOrEqual(t, time.Since(left), kept.Keep)
	require.Equal(t, gateway.EndBrowser, ended.Call.Ending.Reason)
	events.await(t, "c1", removed)
}
