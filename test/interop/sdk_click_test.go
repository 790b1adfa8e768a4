package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
)

// TestSDKClickToCall calls with click-to-call.html, which asks for the call before it is registered and ends its session
// with it.
func TestSDKClickToCall(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	g := startGateway(t)
	page := g.openSDK(t, peers.StartChromium(t, peers.ClipCamera(t)...), "sip/click-to-call/click-to-call.html")
	page.WaitText(t, "#callBtn", "Call")
	fillAccount(t, page, kamailio.Address())
	page.Fill(t, "#callee", "bob")
	for _, hangUp := range []func(){
		func() { phone.Hangup(t) },
		func() { page.Click(t, "#callBtn") },
	} {
		page.Click(t, "#callBtn")
		page.WaitText(t, "#status", "Call: ESTABLISHED")
		requireToneHeard(t, page, remoteSound)
		hangUp()
		page.WaitText(t, "#status", "Session: DISCONNECTED")
		page.WaitText(t, "#callBtn", "Call")
		g.waitNoCalls(t, phone)
		requireBeepsHeard(t, phone, 2)
		require.Eventually(t, func() bool { return len(g.api.Snapshot().Registrations) == 0 }, patience, playbackPoll)
	}
}
