package interop

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// TestSIPpCallsByRule: a rule takes the call of a peer that nothing is known of, over each transport and however it
// describes the session. Its sound is on air.
func TestSIPpCallsByRule(t *testing.T) {
	const scenario = "../testdata/sipp/script.xml"
	first := sound(1)
	g := startGateway(t, everywhere, func(c *gateway.Config) {
		c.SIP.Rules = []gateway.AnswerRule{{Stream: "{callee}", Maximum: 5}}
	})
	for name, test := range map[string]struct {
		host   string
		tcp    bool
		values map[string]any
		answer string // is in the gateway's 200
	}{
		"udp":     {"127.0.0.1", false, map[string]any{"First": first}, "c=IN IP4 127.0.0.1"},
		"tcp":     {"127.0.0.1", true, map[string]any{"First": first}, "c=IN IP4 127.0.0.1"},
		"six":     {loopbackSix, false, map[string]any{"First": first}, "c=IN IP6 ::1"},
		"late":    {"127.0.0.1", false, map[string]any{"Answer": first}, "m=video"},
		"latetcp": {"127.0.0.1", true, map[string]any{"Answer": first}, "m=video"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.values["User"], test.values["Sound"] = name, peers.WriteClip(t, 1).Sound
			whom := net.JoinHostPort(test.host, g.sipPort(t))
			var caller *peers.SIPp
			if test.tcp {
				caller = peers.StartSIPpTCP(t, scenario, test.values, whom)
			} else {
				caller = peers.StartSIPpAt(t, test.host, scenario, test.values, whom)
			}
			id := g.waitTaken(t, name)
			g.requireBeepsNow(t, name)
			g.hangUp(t, id)
			caller.Finished(t, patience)
			require.Contains(t, answersTo(t, caller, "INVITE")[0], test.answer)
		})
	}
}

// waitTaken waits until a rule has taken a call for this user, and returns its id.
func (g *gatewayUnderTest) waitTaken(t testing.TB, callee string) (id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, c := range g.api.Snapshot().Calls {
			if c.Incoming && c.Callee == callee && c.Status == gateway.CallEstablished {
				id = c.ID
			}
		}
		return id != ""
	}, patience, 20*time.Millisecond, "no rule took a call")
	return id
}

// TestCallerChangesTheCall: what a callee may do to a call, a caller may too.
func TestCallerChangesTheCall(t *testing.T) {
	g := startGateway(t, func(c *gateway.Config) { c.SIP.Rules = []gateway.AnswerRule{{Callee: "studio", Stream: "air"}} })
	values := script(map[string]any{"User": "studio", "First": sound(1), "Sound": peers.WriteClip(t, 1).Sound},
		offer("INVITE", sound(2, "Direction", "sendonly")),
		offer("UPDATE", sound(3)),
		agree(sound(4, "Direction", "recvonly")),
		agree(sound(5)))
	caller := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/script.xml", values, g.listener(t, "sip"))
	id := g.waitTaken(t, "studio")
	g.waitHeld(t, id, gateway.Held{Remote: true})
	g.waitHeld(t, id, gateway.Held{})
	g.ok(t, "/call/hold", map[string]any{"callId": id})
	g.waitHeld(t, id, gateway.Held{Local: true})
	g.ok(t, "/call/unhold", map[string]any{"callId": id})
	g.waitHeld(t, id, gateway.Held{})
	g.requireBeepsNow(t, "air")
	g.hangUp(t, id)
	caller.Finished(t, patience)
}

// TestCancelCrossesTheAnswer of a call to us: the call stands until the caller says BYE (RFC 3261 section 9.2).
func TestCancelCrossesTheAnswer(t *testing.T) {
	g := startGateway(t, func(c *gateway.Config) { c.SIP.Rules = []gateway.AnswerRule{{Callee: "studio", Stream: "air"}} })
	caller := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/late_cancel.xml",
		map[string]any{"User": "studio", "NoVideo": true, "Audio": peers.WriteClip(t, 1).Sound}, g.listener(t, "sip"))
	id := g.waitTaken(t, "studio")
	g.requireBeepsNow(t, "air")
	g.hangUp(t, id)
	caller.Finished(t, patience)
}

// TestCallOverTCP places a call to a peer that has TCP alone, holds it and takes it back: all goes over one connection.
func TestCallOverTCP(t *testing.T) {
	g := startGateway(t)
	peer := peers.StartSIPpTCP(t, "../testdata/sipp/script.xml", script(
		map[string]any{"First": sound(1), "Sound": peers.WriteClip(t, 1).Sound},
		agree(sound(2, "Direction", "recvonly")), agree(sound(3))))
	g.dial(t, "tcp", peer.URI()+";transport=tcp", nil)
	g.waitFor(t, "tcp", "status", "ESTABLISHED", patience)
	for _, verb := range []string{"hold", "unhold"} {
		g.ok(t, "/call/"+verb, map[string]any{"callId": "tcp"})
	}
	g.requireBeepsNow(t, "tcp")
	g.hangUp(t, "tcp")
	peer.Finished(t, patience)
	require.Contains(t, received(t, peer, "INVITE")[0], "Via: SIP/2.0/TCP ")
}
