package interop

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

const incomingAlert = "#incomingCallAlert"

// waitRing waits until a phone page rings for bob.
func waitRing(t testing.TB, page *peers.Page) {
	t.Helper()
	page.WaitText(t, incomingAlert, "You have a new call from bob")
	page.WaitText(t, "#callStatus", "RING")
}

// TestSDKPhoneIncoming has a softphone call phone.html through the registrar: the page rings and answers, each hears the
// other, and the one that hangs up ends it.
func TestSDKPhoneIncoming(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)

	for _, hangUp := range []func(){
		func() { phone.Hangup(t) },
		func() { page.Click(t, "#hangupBtn") },
	} {
		phone.Dial(t, "sip:alice@sip.test")
		waitRing(t, page)
		page.Click(t, "#answerBtn")
		page.WaitText(t, "#callStatus", "ESTABLISHED")
		share := content.Share(page.Watch(t, remoteSound, 3*time.Second).Sound, phoneTone)
		require.Greater(t, share, 0.8, "the first words are not lost")
		requireToneHeard(t, page, remoteSound)
		calls := g.api.Snapshot().Calls
		require.Len(t, calls, 1)
		require.True(t, calls[0].Incoming)
		require.Equal(t, gateway.CallEstablished, calls[0].Status)
		hangUp()
		page.WaitText(t, "#callStatus", "FINISH")
		page.WaitText(t, "#callBtn", "Call")
		g.waitNoCalls(t, phone)
		requireBeepsHeard(t, phone, 2)
	}
}

// TestSDKPhoneIncomingUnanswered: a page that refuses is told to the caller as busy, and a caller who gives up is told to
// the page. It rings again for the next.
func TestSDKPhoneIncomingUnanswered(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)

	phone.Dial(t, "sip:alice@sip.test")
	waitRing(t, page)
	page.Click(t, "#hangupBtn")
	phone.WaitSaid(t, "486 Busy Here")
	page.WaitText(t, "#callStatus", "FINISH")
	g.waitNoCalls(t, phone)

	for range 2 {
		phone.Dial(t, "sip:alice@sip.test")
		waitRing(t, page)
		phone.Hangup(t)
		page.WaitText(t, "#callStatus", "FINISH")
		require.Eventually(t, func() bool {
			return strings.Contains(page.Text(t, `document.querySelector("`+incomingAlert+`").style.display`), "none")
		}, patience, playbackPoll, "the page rings no more")
		g.waitNoCalls(t, phone)
	}
}
