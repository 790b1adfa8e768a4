package interop

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// hasMedia is somebody who sends media from ports of his own.
type hasMedia interface {
	Has(t testing.TB, address string) bool
}

// TestServerRelaysMedia: the SIP server carries signalling and media. All that the gateway gets, and all that the softphone
// gets, comes from the relay.
func TestServerRelaysMedia(t *testing.T) {
	relay := peers.StartRTPEngine(t)
	kamailio := peers.StartRelayingKamailio(t, relay)
	phone := caller(t, kamailio, "bob")
	requireScheme(t, kamailio, phone, relay, phone)
}

// TestServerCarriesSignallingAlone: media goes straight between the softphone and the gateway.
func TestServerCarriesSignallingAlone(t *testing.T) {
	relay := peers.StartRTPEngine(t) // which nobody asks for anything
	kamailio := peers.StartKamailio(t)
	phone := caller(t, kamailio, "bob")
	requireScheme(t, kamailio, phone, phone, relay)
}

// requireScheme calls a softphone by an account that is registered, and is called by it: pictures and sound are on air, both
// come from where they should, and what the gateway sends arrives.
func requireScheme(t *testing.T, kamailio *peers.Kamailio, phone *peers.Baresip, from, notFrom hasMedia) {
	g := startGateway(t, func(c *gateway.Config) { c.SIP.Accounts = []gateway.RegisterSpec{alice(kamailio)} })
	g.waitRegistered(t)
	g.dial(t, "clip", startPhone(t, demophone.Params{}).URI(), nil)
	g.waitFor(t, "clip", "status", "ESTABLISHED", patience)
	requireMedia := func(id string) {
		t.Helper()
		audio, video := g.remotes(t, id)
		for _, remote := range []string{audio, video} {
			require.True(t, from.Has(t, remote), "%s of %s", remote, id)
			require.False(t, notFrom.Has(t, remote), "%s of %s", remote, id)
		}
		requireSoftphone(t, g, "air-"+id)
		g.ok(t, "/call/inject_stream", map[string]any{"callId": id, "streamName": "clip"})
		require.Eventually(t, func() bool { _, clip := phone.Sees(t); return clip }, patience, playbackPoll, "it does not see what is injected")
	}

	g.ok(t, "/call/startup", map[string]any{
		"callId": "out", "callee": "bob", "toStream": "air-out", "hasAudio": "true", "hasVideo": "true",
		"sipLogin": "alice", "sipAuthenticationName": "alice", "sipPassword": "alicepw",
		"sipDomain": "sip.test", "sipOutboundProxy": kamailio.Address(), "sipRegisterRequired": "true",
	})
	g.waitFor(t, "out", "status", "ESTABLISHED", patience)
	requireMedia("out")
	g.hangUp(t, "out")
	phone.WaitCall(t, "no active calls")

	phone.Dial(t, "sip:alice@sip.test")
	in := g.waitRinging(t, "bob")
	g.ok(t, "/call/answer", map[string]any{"callId": in, "toStream": "air-" + in})
	g.waitFor(t, in, "status", "ESTABLISHED", patience)
	requireMedia(in)
	phone.Hangup(t)
	g.waitGone(t, in, patience)
	g.hangUp(t, "clip")
	phone.WaitCall(t, "no active calls")
}
