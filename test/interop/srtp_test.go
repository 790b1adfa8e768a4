package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// callBaresip calls a softphone, has an on-air time in which both ways are recorded, and hangs up.
func callBaresip(t *testing.T, phone *peers.Baresip, policy gateway.SRTPPolicy, capture *peers.Capture) {
	clip := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "clip", clip.URI(), nil)
	g.dial(t, "call", fmt.Sprintf("sip:bob@127.0.0.1:%d", phone.Port), map[string]any{"sipSrtp": string(policy)})
	for _, id := range []string{"clip", "call"} {
		g.waitFor(t, id, "status", "ESTABLISHED", patience)
	}
	found := g.find(t, "call")
	require.Equal(t, true, found["encrypted"])
	require.Contains(t, found["sdp"], "inline:***")
	require.Equal(t, false, g.find(t, "clip")["encrypted"])
	g.ok(t, "/call/inject_stream", map[string]any{"callId": "call", "streamName": "clip"})

	requireSoftphone(t, g, "call")
	heard, seen := g.remotes(t, "call")
	tap := peers.TapSecureCall(t, capture, heard, seen, 8*time.Second)
	sent := analyse(t, tap.Recording(t))
	require.Zero(t, sent.Damaged+sent.Skipped+sent.Repeated+sent.Foreign, "%+v", sent)
	require.Greater(t, sent.Frames, 100, "%+v", sent)
	require.GreaterOrEqual(t, len(sent.Flashes), 4, "%+v", sent)
	require.GreaterOrEqual(t, len(sent.Beeps), 4, "%+v", sent)

	for _, hold := range []struct{ begin, end func() }{
		{
			func() { g.ok(t, "/call/hold", map[string]any{"callId": "call"}) },
			func() { g.ok(t, "/call/unhold", map[string]any{"callId": "call"}) },
		},
		{func() { phone.Hold(t) }, func() { phone.Resume(t) }},
	} {
		hold.begin()
		g.waitFor(t, "call", "status", "HOLD", patience)
		hold.end()
		g.waitFor(t, "call", "status", "ESTABLISHED", patience)
		requireSoftphone(t, g, "call")
	}
	call := g.call(t, "call")
	require.True(t, call.Encrypted)
	const opening = 5 // packets of RTCP in the clear, one at each description: the softphone opens its port with them
	require.LessOrEqual(t, call.Audio.Discarded, uint64(opening), "%+v", call.Audio)
	require.LessOrEqual(t, call.Video.Discarded, uint64(opening), "%+v", call.Video)
	g.hangUp(t, "call")
	g.hangUp(t, "clip")
}

// remotes are the addresses that a call's media comes from.
func (g *gatewayUnderTest) remotes(t testing.TB, id string) (audio, video string) {
	t.Helper()
	require.Eventually(t, func() bool {
		c := g.call(t, id)
		audio, video = c.Audio.Remote, c.Video.Remote
		return audio != "" && video != ""
	}, patience, 20*time.Millisecond, "no media comes from the telephone")
	return audio, video
}

// requireSoftphone records what a softphone that plays the demo clip sends, and fails unless it is that: its pictures by
// their numbers, its sound by its beeps. A recording begins with the pictures since the last key picture, of which the
// softphone makes one in ten seconds; their sound is not in it.
func requireSoftphone(t testing.TB, g *gatewayUnderTest, id string) {
	t.Helper()
	path := t.TempDir() + "/softphone.flv"
	const silent, heard = 10 * time.Second, 6 * time.Second
	require.NoError(t, content.Record(t.Context(), fmt.Sprintf("rtmp://%s/live/%s", g.rtmp, id), path, silent+heard))
	r, err := content.AnalyseCoded(t.Context(), path)
	require.NoError(t, err)
	require.Greater(t, r.Frames, 80, "baresip draws fewer pictures on a busy machine: %+v", r)
	require.Less(t, r.Foreign+r.Damaged, r.Frames/10, "%+v", r)
	require.GreaterOrEqual(t, len(r.Flashes), 3, "%+v", r)
	require.GreaterOrEqual(t, len(r.Beeps), 3, "%+v", r)
}

// TestSRTPRequired calls a softphone that insists on encryption, too: picture and sound go both ways, and on the wire there
// is not one packet of RTP or RTCP in the clear.
func TestSRTPRequired(t *testing.T) {
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: 2 * time.Minute, SRTP: "srtp-mand", Clip: true})
	capture := phone.Capture(t)
	callBaresip(t, phone, gateway.SRTPRequired, capture)
	requireEncrypted(t, capture)
}

// TestSRTPOptional is taken up by a softphone that can.
func TestSRTPOptional(t *testing.T) {
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: 2 * time.Minute, SRTP: "srtp", Clip: true})
	capture := phone.Capture(t)
	callBaresip(t, phone, gateway.SRTPOptional, capture)
	requireEncrypted(t, capture)
}

// requireEncrypted fails unless all that the gateway has sent was encrypted. The softphone itself opens its ports and says
// goodbye by RTCP in the clear, which is not taken.
func requireEncrypted(t testing.TB, capture *peers.Capture) {
	t.Helper()
	phone, ours := capture.Encrypted(t)
	t.Logf("from the telephone %+v, from the gateway %+v", phone, ours)
	require.Zero(t, ours.ClearRTP+ours.ClearRTCP, "not encrypted, or by another key")
	require.Zero(t, phone.ClearRTP)
	for _, side := range []peers.Encrypted{phone, ours} {
		require.Greater(t, side.RTP, 300)
		require.Positive(t, side.RTCP)
	}
}

// TestSRTPOptionalWithoutPeer: a telephone that does not know encryption is talked to in the clear.
func TestSRTPOptionalWithoutPeer(t *testing.T) {
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute, Clip: true})
	capture := phone.Capture(t)
	g := startGateway(t)
	g.dial(t, "call", fmt.Sprintf("sip:bob@127.0.0.1:%d", phone.Port), map[string]any{"sipSrtp": "optional"})
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	requireSoftphone(t, g, "call")
	require.Equal(t, false, g.find(t, "call")["encrypted"])
	g.hangUp(t, "call")
	telephone, ours := capture.Encrypted(t)
	require.Zero(t, telephone.RTP+ours.RTP)
	require.Greater(t, telephone.ClearRTP, 300)
	require.Greater(t, ours.ClearRTP, 200)
}

// TestSRTPRequiredWithoutPeer: a telephone that answers without encryption, or refuses the offer, gets no call and not one
// packet.
func TestSRTPRequiredWithoutPeer(t *testing.T) {
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute})
	plain := callee(t, "answer", nil)
	g := startGateway(t)
	history := g.watch(t)
	captured := phone.Capture(t)
	g.dial(t, "bob", fmt.Sprintf("sip:bob@127.0.0.1:%d", phone.Port), map[string]any{"sipSrtp": "required"})
	last := g.ending(t, history, "bob", patience)
	t.Log(last.Ending)
	require.NotEqual(t, gateway.EndRemote, last.Ending.Reason)

	taken := plain.Capture(t)
	g.dial(t, "clear", plain.URI(), map[string]any{"sipSrtp": "required"})
	last = g.ending(t, history, "clear", patience)
	require.Equal(t, gateway.EndNoMedia, last.Ending.Reason)
	require.Contains(t, last.Ending.Text, "the other side does not encrypt")
	for _, c := range []*peers.Capture{captured, taken} {
		_, ours := c.Encrypted(t)
		require.Zero(t, ours, "something was sent")
	}
}

// TestSRTPIncoming takes a call of a softphone that offers RTP/SAVP, and refuses it for an account that may not.
func TestSRTPIncoming(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{
		Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute, SRTP: "srtp-mand", Clip: true,
	})
	clear := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "carol", Play: time.Minute})
	g := startGateway(t)
	register := func(login string, policy gateway.SRTPPolicy) {
		t.Helper()
		require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: login, Account: gateway.Account{
			Login: login, Password: gateway.Secret(login + "pw"), Domain: "sip.test", OutboundProxy: kamailio.Address(),
			Register: true, SRTP: policy,
		}}))
		require.Eventually(t, func() bool {
			for _, r := range g.api.Snapshot().Registrations {
				if r.ID == login && r.Status == gateway.RegistrationUp {
					return true
				}
			}
			return false
		}, patience, 20*time.Millisecond)
	}
	register("alice", gateway.SRTPRequired)
	register("gw", gateway.SRTPNever)

	capture := phone.Capture(t)
	phone.Dial(t, "sip:gw@sip.test")
	phone.WaitSaid(t, "488 Not Acceptable Here")
	clear.Dial(t, "sip:alice@sip.test")
	clear.WaitSaid(t, "488 Not Acceptable Here")
	require.Empty(t, g.api.Snapshot().Calls)

	phone.Dial(t, "sip:alice@sip.test")
	var call gateway.Call
	require.Eventually(t, func() bool {
		calls := g.api.Snapshot().Calls
		if len(calls) == 1 {
			call = calls[0]
		}
		return call.Status == gateway.CallRing
	}, patience, 20*time.Millisecond)
	require.NoError(t, g.api.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: call.ID}))
	g.waitFor(t, call.ID, "status", "ESTABLISHED", patience)
	requireSoftphone(t, g, g.call(t, call.ID).Stream)
	require.True(t, g.call(t, call.ID).Encrypted)
	phone.Hangup(t)
	g.waitNoCalls(t, phone)
	requireEncrypted(t, capture)
}
