package interop

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
)

// placeOf names the dialog of the gateway with a peer that it has called, in a header for it.
func placeOf(t testing.TB, peer *peers.SIPp, flag string) string {
	t.Helper()
	found := regexp.MustCompile(`(?s)From:[^\r\n]*;tag=([^\s;]+).*Call-ID: *(\S+)`).FindStringSubmatch(received(t, peer, "INVITE")[0])
	require.Len(t, found, 3)
	return fmt.Sprintf("Replaces: %s;to-tag=%s;from-tag=callee-1%s", found[2], found[1], flag)
}

// TestCallIsPickedUp by another telephone while it rings at the callee: that rings no more, and the other one's sound is on air
// in the stream of the call. It comes too late for another that wants the place only as long as it rings.
func TestCallIsPickedUp(t *testing.T) {
	g := startGateway(t)
	history := g.watch(t)
	rings := callee(t, "ring", nil)
	g.dial(t, "desk", rings.URI(), nil)
	g.waitFor(t, "desk", "status", "RING", patience)
	early := placeOf(t, rings, ";early-only")
	pickup := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/script.xml", map[string]any{
		"User": "whoever", "Headers": early + "\nRequire: replaces", "First": sound(1), "Sound": peers.WriteClip(t, 1).Sound,
	}, g.listener(t, "sip"))
	g.waitFor(t, "desk", "status", "ESTABLISHED", patience)
	rings.Finished(t, patience)
	g.requireBeepsNow(t, "desk")
	calls := g.api.Snapshot().Calls
	require.Len(t, calls, 1)
	require.Equal(t, "caller", calls[0].Callee)
	require.Equal(t, fmt.Sprintf("127.0.0.1:%d", pickup.Port+2), calls[0].Audio.Remote)

	late := newStranger(t, g)
	late.send(t, "INVITE sip:whoever", early, "")
	require.Contains(t, late.hear(t), "SIP/2.0 481 ", "the dialog it names is over")
	g.hangUp(t, "desk")
	pickup.Finished(t, patience)
	requireStatuses(t, history("desk"), gateway.CallRing, gateway.CallEstablished, gateway.CallFinish)
}

// TestWhoPicksUpLeavesTheOffer to the gateway, and answers it with the ACK.
func TestWhoPicksUpLeavesTheOffer(t *testing.T) {
	g := startGateway(t)
	rings := callee(t, "ring", nil)
	g.dial(t, "late", rings.URI(), nil)
	g.waitFor(t, "late", "status", "RING", patience)
	pickup := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/script.xml", map[string]any{
		"User": "whoever", "Headers": placeOf(t, rings, ""), "Answer": sound(1), "Sound": peers.WriteClip(t, 1).Sound,
	}, g.listener(t, "sip"))
	g.waitFor(t, "late", "status", "ESTABLISHED", patience)
	rings.Finished(t, patience)
	g.requireBeepsNow(t, "late")
	require.Equal(t, fmt.Sprintf("127.0.0.1:%d", pickup.Port+2), g.call(t, "late").Audio.Remote)
	g.hangUp(t, "late")
	pickup.Finished(t, patience)
	require.Contains(t, answersTo(t, pickup, "INVITE")[0], "m=audio")
}

// TestAnsweredCallIsPickedUp only by a telephone that does not insist on being early.
func TestAnsweredCallIsPickedUp(t *testing.T) {
	g := startGateway(t)
	answers := scripted(t)
	g.dial(t, "desk", answers.URI(), nil)
	g.waitFor(t, "desk", "status", "ESTABLISHED", patience)
	late := newStranger(t, g)
	late.send(t, "INVITE sip:whoever", placeOf(t, answers, ";early-only"), "")
	require.Contains(t, late.hear(t), "SIP/2.0 486 ")
	require.Equal(t, "ESTABLISHED", g.find(t, "desk")["status"])
	pickup := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/script.xml", map[string]any{
		"User": "whoever", "Headers": placeOf(t, answers, ""), "First": sound(1), "Sound": peers.WriteClip(t, 1).Sound,
	}, g.listener(t, "sip"))
	answers.Finished(t, patience)
	g.requireBeepsNow(t, "desk")
	g.hangUp(t, "desk")
	pickup.Finished(t, patience)
}
