package sipua

import (
	"fmt"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestInviteIsAnsweredAndHungUp(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account(), func(ip *InviteParams) { ip.CallID = "my-call-id" })

	inv := p.expect(sip.INVITE)
	require.Equal(t, "my-call-id", inv.CallID().Value())
	require.Equal(t, fmt.Sprintf("sip:bob@%s", p.addr), inv.request().Recipient.String())
	require.Contains(t, inv.raw, `From: "Al \"Ice\"" <sip:alice@127.0.0.1>;tag=`)
	require.Equal(t, fmt.Sprintf("<sip:alice@%s>", a.Addr()), inv.request().Contact().Value())
	require.Equal(t, a.Addr().String(), inv.Via().SentBy())
	require.Equal(t, a.Addr().String(), inv.from.String(), "sent from another port than the one we listen on")
	require.Equal(t, offer, string(inv.Body()))
	require.Empty(t, inv.GetHeaders("Route"))
	require.Equal(t, "timer, replaces, 100rel", header(inv, "Supported").Value())
	require.Equal(t, "1800", header(inv, "Session-Expires").Value())
	require.Equal(t, "90", header(inv, "Min-SE").Value())

	p.reply(inv, 100)
	require.Equal(t, 100, next[Provisional](r).Status)
	p.reply(inv, 180)
	require.Equal(t, Provisional{Status: 180, Reason: "Status180"}, next[Provisional](r))
	p.reply(inv, 180)
	require.Equal(t, 180, next[Provisional](r).Status)
	p.replyBody(inv, 183, answer)
	require.Equal(t, Provisional{Status: 183, Reason: "Status183", SDP: []byte(answer)}, next[Provisional](r))
	p.replyBody(inv, 200, answer)
	ack := p.expect(sip.ACK)
	require.Equal(t, inv.CSeq().SeqNo, ack.CSeq().SeqNo)
	require.Equal(t, fmt.Sprintf("sip:callee@%s;transport=udp", p.addr), ack.request().Recipient.String())
	require.Equal(t, Answered{Status: 200, SDP: []byte(answer)}, next[Answered](r))

	d.Hangup("operator")
	d.Hangup("again")
	bye := p.expect(sip.BYE)
	require.Greater(t, bye.CSeq().SeqNo, inv.CSeq().SeqNo)
	require.Equal(t, peerTag, tagOf(bye.To().Params))
	p.reply(bye, 200)
	require.Equal(t, Ended{Text: "operator"}, next[Ended](r))
	r.silent()
}

func TestInviteOverTCP(t *testing.T) {
	a, p, r := startAgent(t), tcpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	require.Equal(t, "TCP", inv.Via().Transport)
	require.Equal(t, fmt.Sprintf("<sip:alice@%s;transport=tcp>", a.Addr()), inv.request().Contact().Value())
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(t, Ended{Text: "done"}, next[Ended](r))
}

func TestTCPConnectionLostBeforeAnAnswer(t *testing.T) {
	a, p, r := startAgent(t), tcpPeer(t), newRecorder(t)
	acc := p.account()
	acc.Port = 1 // nobody listens there
	dial(a, r, acc)
	failed := next[Failed](r)
	require.Equal(t, gateway.EndUnreachable, failed.Cause)
	require.Zero(t, failed.Status)
	require.Contains(t, failed.Reason, "connection refused")
}

func TestInviteRefused(t *testing.T) {
	for status, cause := range map[int]gateway.EndReason{
		403: gateway.EndRejected,
		404: gateway.EndRejected,
		408: gateway.EndUnreachable,
		480: gateway.EndRejected,
		486: gateway.EndBusy,
		488: gateway.EndRejected,
		503: gateway.EndRejected,
		600: gateway.EndBusy,
		603: gateway.EndRejected,
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
			dial(a, r, p.account())
			inv := p.expect(sip.INVITE)
			p.reply(inv, status)
			require.Equal(t, viaBranch(inv), viaBranch(p.expect(sip.ACK)))
			require.Equal(t, Failed{Status: status, Reason: fmt.Sprintf("Status%d", status), Cause: cause}, next[Failed](r))
			r.silent()
		})
	}
}

func viaBranch(m message) string { return m.Via().Params.GetOr("branch", "") }

func TestNoAnswerIsCancelled(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account(), func(ip *InviteParams) { ip.NoAnswer = time.Second })
	inv := p.expect(sip.INVITE)
	p.reply(inv, 180)
	require.Equal(t, 180, next[Provisional](r).Status)
	cancel := p.expect(sip.CANCEL)
	require.Equal(t, viaBranch(inv), viaBranch(cancel))
	require.Equal(t, inv.CSeq().SeqNo, cancel.CSeq().SeqNo)
	require.Equal(t, inv.request().Recipient.String(), cancel.request().Recipient.String())
	require.Empty(t, tagOf(cancel.To().Params))
	p.reply(cancel, 200)
	p.reply(inv, 487)
	p.expect(sip.ACK)
	require.Equal(t, Failed{Status: 487, Reason: "no answer", Cause: gateway.EndNoAnswer}, next[Failed](r))
}

func TestNobodyThere(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	p.expect(sip.INVITE)
	failed := next[Failed](r)
	require.Equal(t, 408, failed.Status)
	require.Equal(t, gateway.EndUnreachable, failed.Cause)
}

func TestHangupOfASilentCallee(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	d.Hangup("operator")
	require.Equal(t, Ended{Text: "operator"}, next[Ended](r))
	p.expectNothing(sip.CANCEL, 2*testT1)

	p.reply(inv, 180) // it wakes up late: now it may be cancelled
	cancel := p.expect(sip.CANCEL)
	p.reply(cancel, 200)
	p.reply(inv, 487)
	p.expect(sip.ACK)
	r.silent()
}

func TestLateAnswerOfAGivenUpCallIsEnded(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	d.Hangup("operator")
	next[Ended](r)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	p.reply(p.expect(sip.BYE), 200)
	r.silent()
}

func TestAnswerCrossesCancel(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.reply(inv, 180)
	next[Provisional](r)
	d.Hangup("operator")
	cancel := p.expect(sip.CANCEL)
	p.replyBody(inv, 200, answer)
	p.reply(cancel, 481)
	p.expect(sip.ACK)
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(t, Ended{Text: "operator"}, next[Ended](r))
	r.silent()
}

func TestPeerThatIgnoresCancel(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	p.reply(p.expect(sip.INVITE), 180)
	next[Provisional](r)
	d.Hangup("operator")
	p.expect(sip.CANCEL)
	require.Equal(t, Ended{Text: "operator"}, next[Ended](r))
}

func TestPeerThatNeverAnswersBye(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	d.Hangup("operator")
	p.expect(sip.BYE)
	start := time.Now()
	require.Equal(t, Ended{Text: "operator"}, next[Ended](r))
	require.Less(t, time.Since(start), 64*testT1, "not before the transaction times out")
}

func TestRepeatedAnswerIsAcknowledgedAgain(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.replyBody(inv, 200, answer)
	first := p.expect(sip.ACK)
	p.replyBody(inv, 200, answer)
	require.Equal(t, first.raw, p.expect(sip.ACK).raw)
	next[Answered](r)
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	next[Ended](r)
	r.silent()
}

func TestForkedAnswerIsEnded(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	p.replyTagged(inv, 200, "other-phone", answer)
	require.Equal(t, "other-phone", tagOf(p.expect(sip.ACK).To().Params))
	bye := p.expect(sip.BYE)
	require.Equal(t, "other-phone", tagOf(bye.To().Params))
	p.reply(bye, 200)
	d.Hangup("done")
	bye = p.expect(sip.BYE)
	require.Equal(t, peerTag, tagOf(bye.To().Params))
	p.reply(bye, 200)
	next[Ended](r)
}

func TestBoundToEveryAddress(t *testing.T) {
	a, p, r := startAgent(t, func(a *Agent) { a.params.Host = "" }), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	own := fmt.Sprintf("127.0.0.1:%d", a.Addr().Port())
	require.Equal(t, "<sip:alice@"+own+">", inv.request().Contact().Value())
	require.Equal(t, own, inv.Via().SentBy())
	require.Equal(t, own, inv.from.String())
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	next[Ended](r)
}

func TestHandlerThatPanics(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account(), func(ip *InviteParams) {
		ip.Handle = func(ev Event) {
			r.handle(ev)
			panic("handler")
		}
	})
	inv := p.expect(sip.INVITE)
	p.reply(inv, 180)
	next[Provisional](r)
	p.reply(inv, 486)
	require.Equal(t, 486, next[Failed](r).Status)
}

func TestCallAfterClose(t *testing.T) {
	a, r := startAgent(t), newRecorder(t)
	require.NoError(t, a.Close(t.Context()))
	dial(a, r, gateway.Account{Login: "a", Domain: "127.0.0.1"})
	require.Equal(t, gateway.EndShutdown, next[Failed](r).Cause)
	require.Error(t, a.Register(t.Context(), gateway.Account{Login: "a", Domain: "127.0.0.1"}))
}

func TestCloseHangsUp(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	establish(p, r)
	closed := make(chan error)
	go func() { closed <- a.Close(t.Context()) }()
	p.reply(p.expect(sip.BYE), 200)
	require.NoError(t, <-closed)
	require.False(t, next[Ended](r).Remote)
}

func TestBadCallee(t *testing.T) {
	a := startAgent(t)
	for _, callee := range []string{"bob\r\nX: y", "sip:", "sip:bob@ho st", "sip:bob@h:99999", "<bob>", "sip:bob@h;transport=sctp"} {
		r := newRecorder(t)
		dial(a, r, gateway.Account{Login: "a", Domain: "127.0.0.1"}, func(p *InviteParams) { p.Callee = callee })
		require.Equal(t, gateway.EndInternal, next[Failed](r).Cause, callee)
	}
}
