package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

const (
	phoneUIPage    = "sip/phone-ui/Phone.html"
	phoneUITalk    = ".voice_call__call.open"
	phoneUIRings   = ".b-nav__inc.open"
	phoneUIPicture = "#remoteVideo video"
)

// openPhoneUI opens Phone.html and registers alice.
func (g *gatewayUnderTest) openPhoneUI(t testing.TB, browser *peers.Chromium, server string) *peers.Page {
	t.Helper()
	page := g.openSDK(t, browser, phoneUIPage)
	fillAccount(t, page, server)
	page.Click(t, `.b-login input[type="button"]`)
	require.Eventually(t, func() bool { return page.Text(t, `Flashphoner.getSessions()[0]?.status()`) == "REGISTERED" }, patience, playbackPoll)
	page.WaitText(t, ".b-display__header__sip_login", "alice")
	return page
}

// callPhoneUI dials on the page's keys and waits until the call is established.
func callPhoneUI(t testing.TB, page *peers.Page, callee string) {
	t.Helper()
	page.Click(t, ".b-display__bottom__number>span")
	page.Fill(t, ".b-numbers", callee)
	page.Click(t, ".b-nav__voice")
	waitShown(t, page, phoneUITalk, true)
}

// waitShown waits until there is, or no longer is, what a selector names.
func waitShown(t testing.TB, page *peers.Page, selector string, yes bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		return page.Text(t, fmt.Sprintf(`document.querySelector(%q) !== null`, selector)) == fmt.Sprint(yes)
	}, patience, playbackPoll, "%s: %v", selector, yes)
}

// TestSDKPhoneUI calls and is called in Phone.html, sends tones with its keys, and transfers the call: to somebody who is not
// there, and it goes on; to another softphone, and then those two talk and the page's call is over.
func TestSDKPhoneUI(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	bob := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute})
	carol := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "carol", Play: 2 * time.Minute})
	g := startGateway(t)
	page := g.openPhoneUI(t, peers.StartChromium(t, peers.ClipCamera(t)...), kamailio.Address())

	bob.Dial(t, "sip:alice@sip.test")
	waitShown(t, page, phoneUIRings, true)
	page.WaitText(t, ".call__inc__dial", "bob")
	page.Click(t, ".b-nav__answer")
	waitShown(t, page, phoneUITalk, true)
	requireToneHeard(t, page, phoneUIPicture)
	bob.Hangup(t)
	waitShown(t, page, phoneUITalk, false)
	g.waitNoCalls(t, bob)

	callPhoneUI(t, page, "bob")
	requireToneHeard(t, page, phoneUIPicture)
	for _, key := range []string{".code49", ".code_star", ".code53"} {
		page.Click(t, key)
	}
	bob.WaitTones(t, "1*5")

	transferPhoneUI(t, page, g, "nobody")
	bob.WaitSaid(t, "404 Not Found")
	page.Click(t, ".voice_call__play") // the call is still there to be taken back
	g.waitStatus(t, gateway.CallEstablished)
	requireToneHeard(t, page, phoneUIPicture)

	transferPhoneUI(t, page, g, "carol")
	carol.WaitCall(t, "sip:bob@sip.test")
	waitShown(t, page, phoneUITalk, false)
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Calls) == 0 }, patience, playbackPoll)
	carol.WaitCall(t, "ESTABLISHED")
	bob.WaitCall(t, "sip:carol@sip.test")
}

// transferPhoneUI holds the page's call and transfers it.
func transferPhoneUI(t testing.TB, page *peers.Page, g *gatewayUnderTest, target string) {
	t.Helper()
	page.Click(t, ".voice_call__transfer")
	g.waitStatus(t, gateway.CallHold)
	waitShown(t, page, ".voice_call__call__pause.open", true)
	page.Fill(t, "#transfer", target)
	page.Click(t, ".b-transfer__ok")
}
