package sipua

import (
	"fmt"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

const changedOffer = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=changed\r\n"

// quickCrossing keeps the order of the waits after a crossing and takes away their length.
func quickCrossing(a *Agent) {
	a.timing.crossed = func(bool) time.Duration { return time.Second }
}

type outcome struct {
	sdp []byte
	err error
}

// reinvite starts a change of the session.
func reinvite(t *testing.T, d *Dialog) <-chan outcome {
	t.Helper()
	result := make(chan outcome, 1)
	go func() {
		sdp, err := d.Reinvite(t.Context(), []byte(changedOffer))
		result <- outcome{sdp, err}
	}()
	return result
}

func TestReinviteIsAnswered(t *testing.T) {
	for name, start := range map[string]func(*testing.T) *peer{"udp": udpPeer, "tcp": tcpPeer} {
		t.Run(name, func(t *testing.T) {
			a, p, r := startAgent(t), start(t), newRecorder(t)
			moved := start(t)
			d := dial(a, r, p.account())
			first := establish(p, r)
			result := reinvite(t, d)
			inv := p.expect(sip.INVITE)
			require.Equal(t, changedOffer, string(inv.Body()))
			require.Equal(t, first.CSeq().SeqNo+1, inv.CSeq().SeqNo)
			require.Equal(t, peerTag, tagOf(inv.To().Params))
			require.Equal(t, first.request().Contact().Value(), inv.request().Contact().Value())
			require.Equal(t, allowedMethods, header(inv, "Allow").Value())
			p.reply(inv, 401, "WWW-Authenticate: "+challenge("r", "n1", "MD5", ""))
			p.expect(sip.ACK)
			inv = p.expect(sip.INVITE)
			verify(t, inv, "Authorization", "secret")
			p.replyBody(inv, 200, answer, moved.contact())
			ack := moved.expect(sip.ACK) // the Contact of the 2xx is where everything goes from now on
			require.Equal(t, inv.CSeq().SeqNo, ack.CSeq().SeqNo)
			require.Equal(t, outcome{[]byte(answer), nil}, <-result)
			d.Hangup("done")
			moved.reply(moved.expect(sip.BYE), 200)
			next[Ended](r)
		})
	}
}

func TestRepeatedAnswerToAReinviteIsAcknowledgedAgain(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	result := reinvite(t, d)
	inv := p.expect(sip.INVITE)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	<-result
	p.replyBody(inv, 200, answer)
	require.Equal(t, inv.CSeq().SeqNo, p.expect(sip.ACK).CSeq().SeqNo)
	hangup(p, r, d)
}

func TestReinviteKeepsTheRoute(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	proxy := udpPeer(t)
	d := dial(a, r, p.account())
	route := fmt.Sprintf("<sip:%s;lr>", proxy.addr)
	p.replyBody(p.expect(sip.INVITE), 200, answer, "Record-Route: "+route)
	proxy.expect(sip.ACK)
	next[Answered](r)
	result := reinvite(t, d)
	inv := proxy.expect(sip.INVITE)
	require.Equal(t, route, header(inv, "Route").Value())
	require.Equal(t, fmt.Sprintf("sip:callee@%s;transport=udp", p.addr), inv.request().Recipient.String())
	// A re-INVITE does not change the route set (RFC 3261 section 12.2).
	proxy.replyBody(inv, 200, answer, "Record-Route: <sip:10.9.9.9;lr>", p.contact())
	require.Equal(t, route, header(proxy.expect(sip.ACK), "Route").Value())
	require.NoError(t, (<-result).err)
	hangup(proxy, r, d)
}

func TestReinviteIsRefused(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	result := reinvite(t, d)
	p.reply(p.expect(sip.INVITE), 488)
	require.Equal(t, &StatusError{488, "Status488"}, (<-result).err)
	hangup(p, r, d) // which was still up
	_, err := d.Reinvite(t.Context(), []byte(changedOffer))
	require.ErrorIs(t, err, ErrNotEstablished)
}

func TestReinviteOfACallThatIsGone(t *testing.T) {
	for _, status := range []int{408, 481} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
			d := dial(a, r, p.account())
			establish(p, r)
			result := reinvite(t, d)
			p.reply(p.expect(sip.INVITE), status)
			require.Equal(t, &StatusError{status, fmt.Sprintf("Status%d", status)}, (<-result).err)
			p.reply(p.expect(sip.BYE), status)
			require.False(t, next[Ended](r).Remote)
		})
	}
}

func TestReinviteWithoutAnAnswer(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	result := reinvite(t, d)
	require.Equal(t, &StatusError{408, "no answer"}, (<-result).err)
	next[Ended](r)
}

func TestReinviteIsTakenBackWhenTheCallEnds(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	result := reinvite(t, d)
	inv := p.expect(sip.INVITE)
	p.reply(inv, 100)
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	require.ErrorIs(t, (<-result).err, ErrNotEstablished)
	next[Ended](r)
}

func TestChangesCross(t *testing.T) {
	a, p, r := startAgent(t, quickCrossing), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	first := establish(p, r)
	result := reinvite(t, d)
	ours := p.expect(sip.INVITE)
	p.ask(first, "INVITE", 7, offer, "Content-Type: application/sdp")
	p.expectStatus(sip.INVITE, 491) // theirs, while ours is under way
	p.reply(ours, 491)              // and ours, while theirs is
	p.ask(first, "ACK", 7, "")
	require.Eventually(t, func() bool { return len(d.turn.held) == 0 }, patience, time.Millisecond)
	p.ask(first, "INVITE", 8, offer, "Content-Type: application/sdp")
	next[Reinvite](r).Respond(200, []byte(answer)) // the other side waits less
	p.expectStatus(sip.INVITE, 200)
	p.expectNothing(sip.INVITE, 1500*time.Millisecond) // ours waits until theirs is acknowledged
	p.ask(first, "ACK", 8, "")
	again := p.expect(sip.INVITE)
	require.Greater(t, again.CSeq().SeqNo, ours.CSeq().SeqNo)
	p.replyBody(again, 200, answer)
	p.expect(sip.ACK)
	require.Equal(t, outcome{[]byte(answer), nil}, <-result)
	hangup(p, r, d)
}

func TestCrossingsAreBounded(t *testing.T) {
	a, p, r := startAgent(t, func(a *Agent) { a.timing.crossed = func(bool) time.Duration { return 0 } }), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	result := reinvite(t, d)
	for range maxCrossings + 1 {
		p.reply(p.expect(sip.INVITE), 491)
	}
	require.Equal(t, &StatusError{491, "Status491"}, (<-result).err)
	hangup(p, r, d)
}

func TestWhoPlacedTheCallWaitsLonger(t *testing.T) {
	for range 1000 {
		ours, theirs := crossed(true), crossed(false)
		require.GreaterOrEqual(t, ours, 2100*time.Millisecond)
		require.LessOrEqual(t, ours, 4*time.Second)
		require.GreaterOrEqual(t, theirs, time.Duration(0))
		require.LessOrEqual(t, theirs, 2*time.Second)
		require.Zero(t, ours%(10*time.Millisecond))
	}
}

func TestUpdateWithoutAnOffer(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	moved := udpPeer(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "UPDATE", 1, "", moved.contact())
	res := p.expectStatus(sip.UPDATE, 200)
	require.Contains(t, header(res, "Allow").Value(), "UPDATE")
	require.Empty(t, res.Body())
	r.silent()
	hangup(moved, r, d)
}
