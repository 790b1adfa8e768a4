package sipua

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

const asSDP = "Content-Type: application/sdp"

// progressed dials the peer up to a reliable response that answers the offer, and its PRACK.
func progressed(t *testing.T, a *Agent, p *peer, r *recorder) (d *Dialog, inv message) {
	t.Helper()
	d = dial(a, r, p.account())
	inv = p.expect(sip.INVITE)
	p.replyBody(inv, 183, answer, "Require: 100rel", "RSeq: 1")
	require.Equal(t, answer, string(next[Provisional](r).SDP))
	p.reply(p.expect(sip.PRACK), 200)
	return d, inv
}

// TestUpdateByACalleeWhoRings says that they are there, and where from now on; it offers nothing.
func TestUpdateByACalleeWhoRings(t *testing.T) {
	a, p, r, moved := startAgent(t), udpPeer(t), newRecorder(t), udpPeer(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.reply(inv, 180)
	require.Equal(t, 180, next[Provisional](r).Status)
	p.ask(inv, "UPDATE", 1, "", moved.contact(), "Supported: timer", "Session-Expires: 300;refresher=uac")
	res := p.expectStatus(sip.UPDATE, 200)
	require.Equal(t, inv.request().Contact().Value(), res.response().Contact().Value())
	require.Equal(t, "300;refresher=uac", header(res, "Session-Expires").Value())
	require.Empty(t, res.Body())
	p.ask(inv, "UPDATE", 2, "", "Supported: timer", "Session-Expires: 10")
	p.expectStatus(sip.UPDATE, 422)
	p.reply(inv, 183, "Require: 100rel", "RSeq: 1", "Contact: *") // which names no address
	moved.reply(moved.expect(sip.PRACK), 200)
	require.Equal(t, 183, next[Provisional](r).Status)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	require.Equal(t, Answered{Status: 200, SDP: []byte(answer)}, next[Answered](r))
	hangup(p, r, d)
}

// TestUpdateBeforeWeHeardThatItRings: the ringing is lost, or comes second.
func TestUpdateBeforeWeHeardThatItRings(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.ask(inv, "UPDATE", 1, "")
	p.expectStatus(sip.UPDATE, 200)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	require.Equal(t, answer, string(next[Answered](r).SDP))
	hangup(p, r, d)
}

// TestOfferOfACalleeWhoHasNotAnsweredOurs is refused, as are requests that need an answered call, and the call goes on.
func TestOfferOfACalleeWhoHasNotAnsweredOurs(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.replyBody(inv, 183, answer) // which may be lost, and so is no answer yet
	require.Equal(t, 183, next[Provisional](r).Status)
	p.ask(inv, "UPDATE", 1, changedOffer, asSDP)
	p.expectStatus(sip.UPDATE, 491)
	p.ask(inv, "INVITE", 2, changedOffer, asSDP)
	p.expectStatus(sip.INVITE, 491)
	p.ask(inv, "ACK", 2, "")
	for i, method := range []sip.RequestMethod{sip.INFO, sip.REFER, sip.NOTIFY} {
		p.ask(inv, method.String(), 3+i, "")
		require.NotNil(t, header(p.expectStatus(method, 500), "Retry-After"))
	}
	p.ask(inv, "OPTIONS", 6, "")
	p.expectStatus(sip.OPTIONS, 200)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	require.Equal(t, answer, string(next[Answered](r).SDP))
	hangup(p, r, d)
}

// TestCalleeChangesTheSessionBeforeItAnswers: what it says again of the session it began with is no news.
func TestCalleeChangesTheSessionBeforeItAnswers(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d, inv := progressed(t, a, p, r)
	p.ask(inv, "UPDATE", 1, changedOffer, asSDP)
	ev := next[Reinvite](r)
	require.Equal(t, changedOffer, string(ev.SDP))
	p.ask(inv, "UPDATE", 2, changedOffer, asSDP)
	require.NotNil(t, header(p.expectStatus(sip.UPDATE, 500), "Retry-After"), "one at a time")
	ev.Respond(200, []byte(offer))
	require.Equal(t, offer, string(p.expectStatus(sip.UPDATE, 200).Body()))
	p.replyBody(inv, 180, answer, "Require: 100rel", "RSeq: 2")
	require.Equal(t, Provisional{Status: 180, Reason: "Status180"}, next[Provisional](r))
	p.reply(p.expect(sip.PRACK), 200)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	require.Equal(t, Answered{Status: 200}, next[Answered](r))
	hangup(p, r, d)
}

// TestRefusedChangeBeforeTheAnswer leaves the session as it was described before.
func TestRefusedChangeBeforeTheAnswer(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d, inv := progressed(t, a, p, r)
	p.ask(inv, "UPDATE", 1, changedOffer, asSDP)
	next[Reinvite](r).Respond(488, nil)
	p.expectStatus(sip.UPDATE, 488)
	p.reply(inv, 200)
	p.expect(sip.ACK)
	require.Equal(t, Answered{Status: 200, SDP: []byte(answer)}, next[Answered](r))
	hangup(p, r, d)
}

// TestCalleeAnswersWhileItsChangeIsUnderWay: the answer is told when it is known what became of the change.
func TestCalleeAnswersWhileItsChangeIsUnderWay(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d, inv := progressed(t, a, p, r)
	p.ask(inv, "UPDATE", 1, changedOffer, asSDP)
	ev := next[Reinvite](r)
	p.reply(inv, 200)
	p.expectNothing(sip.ACK, 2*testT1)
	r.silent()
	ev.Respond(200, []byte(offer))
	p.expectStatus(sip.UPDATE, 200)
	p.expect(sip.ACK)
	require.Equal(t, Answered{Status: 200}, next[Answered](r))
	hangup(p, r, d)
}

// TestChangeByOneBranch of a call says nothing of another.
func TestChangeByOneBranch(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d, inv := progressed(t, a, p, r)
	p.ask(inv, "UPDATE", 1, changedOffer, asSDP)
	next[Reinvite](r).Respond(200, []byte(offer))
	p.expectStatus(sip.UPDATE, 200)
	p.replyTagged(inv, 200, "fork", answer)
	p.expect(sip.ACK)
	require.Equal(t, Answered{Status: 200, SDP: []byte(answer)}, next[Answered](r))
	hangup(p, r, d)
}

// TestUpdateByACallerWhoWaits says where they are from now on. Their offers have to wait for the answer to the first.
func TestUpdateByACallerWhoWaits(t *testing.T) {
	a, calls := receptionist(t)
	p, r, moved := udpPeer(t), newRecorder(t), udpPeer(t)
	c := p.place(a, offer)
	in := <-calls
	in.Ring()
	ringing := c.hears(180)
	c.request("UPDATE", "", moved.contact(), "Supported: timer", "Session-Expires: 300")
	res := c.expectStatus(sip.UPDATE, 200)
	require.Equal(t, ringing.response().Contact().Value(), res.response().Contact().Value())
	require.Equal(t, "300;refresher=uac", header(res, "Session-Expires").Value())
	c.request("UPDATE", changedOffer, asSDP)
	require.NotNil(t, header(c.expectStatus(sip.UPDATE, 500), "Retry-After"))
	d := in.Answer([]byte(answer), r.handle)
	c.hears(200)
	c.ack("")
	require.Equal(t, Answered{Status: 200}, next[Answered](r))
	c.request("UPDATE", changedOffer, asSDP)
	next[Reinvite](r).Respond(200, []byte(answer))
	c.expectStatus(sip.UPDATE, 200)
	hangup(moved, r, d)
}

// TestOfferInAPrack is refused, and acknowledges all the same.
func TestOfferInAPrack(t *testing.T) {
	a, calls := receptionist(t)
	p, r := udpPeer(t), newRecorder(t)
	c := p.place(a, offer, "Require: 100rel")
	in := <-calls
	in.Ring()
	c.hears(180)
	c.request("PRACK", changedOffer, asSDP, "RAck: 1 1 INVITE")
	require.NotNil(t, header(c.expectStatus(sip.PRACK, 500), "Retry-After"))
	c.request("PRACK", "", "RAck: 1 1 INVITE")
	c.expectStatus(sip.PRACK, 200)
	d := in.Answer([]byte(answer), r.handle)
	require.Equal(t, answer, string(c.hears(200).Body()))
	c.ack("")
	next[Answered](r)
	hangup(p, r, d)
}

// TestAnswerInAPrack is what the ACK need not repeat.
func TestAnswerInAPrack(t *testing.T) {
	for name, ack := range map[string]string{"silent": "", "repeating": answer} {
		t.Run(name, func(t *testing.T) {
			a, calls := receptionist(t)
			p, r := udpPeer(t), newRecorder(t)
			c := p.place(a, "", "Require: 100rel")
			in := <-calls
			in.Progress([]byte(offer))
			require.Equal(t, offer, string(c.hears(183).Body()))
			c.request("PRACK", answer, asSDP, "RAck: 1 1 INVITE")
			c.expectStatus(sip.PRACK, 200)
			d := in.Answer([]byte(offer), r.handle)
			c.hears(200)
			c.ack(ack, asSDP)
			require.Equal(t, fmt.Sprint(Answered{Status: 200, SDP: []byte(answer)}), fmt.Sprint(next[Answered](r)))
			hangup(p, r, d)
		})
	}
}
