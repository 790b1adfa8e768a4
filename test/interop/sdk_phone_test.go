package interop

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// The vendor's pages, and where each plays the other side.
const (
	phonePage   = "sip/phone/phone.html"
	remoteSound = "#remoteDisplay video"
)

// openPhone opens one of the phone pages and fills in alice's account at a registrar or at a telephone.
func (g *gatewayUnderTest) openPhone(t testing.TB, browser *peers.Chromium, path, server string) *peers.Page {
	t.Helper()
	page := g.openSDK(t, browser, path)
	page.WaitText(t, "#connectBtn", "Connect")
	fillAccount(t, page, server)
	return page
}

// fillAccount fills in alice's account.
func fillAccount(t testing.TB, page *peers.Page, server string) {
	t.Helper()
	host, port, err := net.SplitHostPort(server)
	require.NoError(t, err)
	for field, value := range map[string]string{
		"sipLogin": "alice", "sipAuthenticationName": "alice", "sipPassword": "alicepw",
		"sipDomain": "sip.test", "sipOutboundProxy": host, "sipPort": port,
	} {
		page.Fill(t, "#"+field, value)
	}
}

// registerPhone has a phone page register its account.
func registerPhone(t testing.TB, page *peers.Page) {
	t.Helper()
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#regStatus", "REGISTERED")
}

// callFrom has a phone page call somebody.
func callFrom(t testing.TB, page *peers.Page, callee string) {
	t.Helper()
	page.Fill(t, "#callee", callee)
	page.Click(t, "#callBtn")
}

// requireToneHeard listens to an element that plays the softphone's tone, without a break.
func requireToneHeard(t testing.TB, page *peers.Page, selector string) {
	t.Helper()
	requireHeard(t, page, selector, phoneTone)
}

// requireHeard listens to an element that plays a tone of this frequency, without a break.
func requireHeard(t testing.TB, page *peers.Page, selector string, frequency float64) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) { // what a browser plays at first, it stretches
		assert.Greater(c, content.Share(page.Watch(t, selector, 3*time.Second).Sound, frequency), 0.95)
	}, 2*patience, playbackPoll, "share of the tone")
}

// requireBeepsHeard fails unless a softphone heard the beeps of the clip camera's microphone in a call that is over, and
// not its own tone.
func requireBeepsHeard(t testing.TB, phone *peers.Baresip, least int) {
	t.Helper()
	file := phone.Heard(t)
	r := analyse(t, file)
	require.GreaterOrEqual(t, len(r.Beeps), least, "%+v", r)
	share, err := content.Tone(t.Context(), file, phoneTone)
	require.NoError(t, err)
	require.Less(t, share, 0.3, "a beep lasts a part of a second: this is what it sends itself")
}

// waitNoCalls waits until the gateway has no calls and the softphone has none.
func (g *gatewayUnderTest) waitNoCalls(t testing.TB, phone *peers.Baresip) {
	t.Helper()
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Calls) == 0 }, patience, playbackPoll)
	phone.WaitCall(t, "no active calls")
}

// TestSDKPhone registers in phone.html and calls a softphone: each hears the other, and the one that hangs up ends it.
func TestSDKPhone(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute, Rings: true})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)

	for _, hangUp := range []func(){
		func() { page.Click(t, "#callBtn") },
		func() { phone.Hangup(t) },
	} {
		callFrom(t, page, "bob")
		page.WaitText(t, "#callStatus", "RING")
		phone.WaitSaid(t, "alice@sip.test")
		phone.Accept(t)
		page.WaitText(t, "#callStatus", "ESTABLISHED")
		requireToneHeard(t, page, remoteSound)
		require.Len(t, g.api.Snapshot().Calls, 1)
		require.Equal(t, gateway.CallEstablished, g.api.Snapshot().Calls[0].Status)
		hangUp()
		page.WaitText(t, "#callStatus", "FINISH")
		page.WaitText(t, "#callBtn", "Call")
		g.waitNoCalls(t, phone)
		requireBeepsHeard(t, phone, 2)
	}
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#regStatus", "DISCONNECTED")
	require.Len(t, g.api.Snapshot().Registrations, 1, "the page asked that its session be kept")
	page.Click(t, "#connectTokenBtn")
	page.WaitText(t, "#regStatus", "REGISTERED")
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "RING")
}

// TestSDKPhoneRefused: a callee that refuses and a callee that is not there end the call in the page, which can call
// again.
func TestSDKPhoneRefused(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 20 * time.Second, Rings: true})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	for range 2 {
		callFrom(t, page, "bob")
		page.WaitText(t, "#callStatus", "RING")
		phone.Hangup(t) // 486
		page.WaitText(t, "#callStatus", "FAILED")
		page.WaitText(t, "#callBtn", "Call")
		g.waitNoCalls(t, phone)
	}
	callFrom(t, page, "nobody")
	waitTold(t, page, "finish", "FAILED", "FAILED", "FAILED") // the page still shows how the last one ended
	page.WaitText(t, "#callBtn", "Call")
	page.WaitText(t, "#callStatus", "FAILED")

	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "RING")
	page.Click(t, "#callBtn") // hangs up: the softphone is to ring no more
	page.WaitText(t, "#callStatus", "FINISH")
	g.waitNoCalls(t, phone)
}

// TestSDKPhoneWrongPassword: a page whose account is refused says that it is not connected, and can try again.
func TestSDKPhoneWrongPassword(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t), phonePage, kamailio.Address())
	page.Fill(t, "#sipPassword", "secret")
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#regStatus", "DISCONNECTED")
	page.WaitText(t, "#connectBtn", "Connect")
	page.Fill(t, "#sipPassword", "alicepw")
	registerPhone(t, page)
}

// TestSDKPhoneTones sends tones from the page's call; the softphone hears each once.
func TestSDKPhoneTones(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	heard := ""
	for _, tones := range []string{"1", "23", "*0#"} {
		page.Eval(t, fmt.Sprintf(`currentCall.sendDTMF(%q, "RFC2833")`, tones), nil)
		heard += tones
		phone.WaitTones(t, heard)
	}
	requireToneHeard(t, page, remoteSound)
}
