package interop

import (
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

const (
	loopbackSix = "::1"
	sixOnAir    = 8 * time.Second
)

// everywhere has the gateway listen on every address of both versions.
func everywhere(c *gateway.Config) { c.SIP.Host = "" }

// sipPort is where the gateway listens for SIP.
func (g *gatewayUnderTest) sipPort(t testing.TB) string {
	t.Helper()
	_, port, err := net.SplitHostPort(g.listener(t, "sip"))
	require.NoError(t, err)
	return port
}

// TestIPVersionSix calls a peer that has nothing else, and is called by one that registered there.
func TestIPVersionSix(t *testing.T) {
	clip, nginx := peers.WriteClip(t, 10), peers.StartNginx(t)
	g := startGateway(t, everywhere)
	scenario := func(name string) string { return "../testdata/sipp/" + name + ".xml" }

	peer := peers.StartSIPpAt(t, loopbackSix, scenario("answer"), map[string]any{"NoVideo": true, "Audio": clip.Sound})
	g.dial(t, "out", "bob", map[string]any{"sipDomain": peer.Address(), "rtmpUrl": nginx.URL("rec"), "rtmpStream": "out"})
	g.waitFor(t, "out", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(sixOnAir)
	g.hangUp(t, "out")
	peer.Finished(t, patience)
	requireBeeps(t, recorded(t, nginx, "out"), int(sixOnAir.Seconds())-2)
	invite := received(t, peer, "INVITE")[0]
	for _, want := range []string{
		"INVITE sip:bob@" + peer.Address(), "Via: SIP/2.0/UDP [::1]:" + g.sipPort(t) + ";", "Contact: <sip:gw@[::1]:" + g.sipPort(t),
		"c=IN IP6 ::1", "From: <sip:gw@" + peer.Address() + ">",
	} {
		require.Contains(t, invite, want)
	}

	registrar := peers.StartSIPpAt(t, loopbackSix, scenario("registrar"), nil)
	desk := gateway.Account{Login: "desk", Domain: registrar.Address()}
	require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: "desk", Account: desk}))
	g.waitRegistration(t, "desk", gateway.RegistrationUp)
	caller := peers.StartSIPpAt(t, loopbackSix, scenario("call"), map[string]any{"User": "desk", "NoVideo": true, "Audio": clip.Sound},
		net.JoinHostPort(loopbackSix, g.sipPort(t)))
	incoming := g.waitIncoming(t)
	require.NoError(t, g.api.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: incoming.ID}))
	g.waitCall(t, incoming.ID, gateway.CallEstablished)
	push, err := g.api.StartPush(t.Context(), gateway.PushSpec{Stream: incoming.ID, URL: gateway.Secret(nginx.URL("rec") + "/rtmp_in"), FullURL: true})
	require.NoError(t, err)
	time.Sleep(sixOnAir)
	require.NoError(t, g.api.EndPush(t.Context(), push.ID))
	require.NoError(t, g.api.EndCall(t.Context(), incoming.ID))
	caller.Finished(t, patience)
	requireBeeps(t, recorded(t, nginx, "in"), int(sixOnAir.Seconds())-2)
	require.Contains(t, received(t, caller, "SIP/2.0 200 OK")[0], "c=IN IP6 ::1")
	require.NoError(t, g.api.Unregister(t.Context(), "desk"))
	registrar.Finished(t, patience)
	require.Contains(t, received(t, registrar, "REGISTER")[1], "Expires: 0")
}

// TestVersionsDisagree: a peer that is called by version six answers that it takes media by version four, and the other way
// round. On sockets for both versions that is heard; on sockets for one the call says what is wrong or stands, and ends as
// it should.
func TestVersionsDisagree(t *testing.T) {
	clip := peers.WriteClip(t, 4)
	for _, tt := range []struct {
		name, host, peer, media string
		bind                    func(*gateway.Config)
	}{
		{"six answers with four", loopbackSix, loopbackSix, "IP4 127.0.0.1", everywhere},
		{"four answers with six", "127.0.0.1", "127.0.0.1", "IP6 ::1", everywhere},
		{"six only is told four", loopbackSix, loopbackSix, "IP4 127.0.0.1", func(c *gateway.Config) { c.SIP.Host = loopbackSix }},
		{"four only is told six", "127.0.0.1", "127.0.0.1", "IP6 ::1", func(*gateway.Config) {}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			g := startGateway(t, tt.bind)
			history := g.watch(t)
			peer := peers.StartSIPpAt(t, tt.peer, "../testdata/sipp/answer.xml",
				map[string]any{"NoVideo": true, "Audio": clip.Sound, "Connection": tt.media})
			id := strings.ReplaceAll(tt.name, " ", "-")
			g.dial(t, id, "bob", map[string]any{"sipDomain": peer.Address()})
			g.waitFor(t, id, "status", "ESTABLISHED", patience)
			require.Eventually(t, func() bool {
				calls := history(id)
				return len(calls) > 0 && calls[len(calls)-1].Audio.Packets > 25
			}, patience, 50*time.Millisecond, "what the peer sends comes from where it signals")
			g.hangUp(t, id)
			peer.Finished(t, patience)
		})
	}
}
