package sipua

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

func TestProgressIsAcknowledged(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	proxy := udpPeer(t)
	route := fmt.Sprintf("Record-Route: <sip:%s;lr>", proxy.addr)
	p.replyBody(inv, 183, answer, "Require: 100rel", "RSeq: 41", route)
	require.Equal(t, answer, string(next[Provisional](r).SDP))
	prack := proxy.expect(sip.PRACK)
	require.Equal(t, fmt.Sprintf("41 %d INVITE", inv.CSeq().SeqNo), header(prack, "RAck").Value())
	require.Equal(t, peerTag, tagOf(prack.To().Params))
	require.Greater(t, prack.CSeq().SeqNo, inv.CSeq().SeqNo)
	proxy.reply(prack, 200)

	p.replyBody(inv, 183, answer, "Require: 100rel", "RSeq: 41", route) // repeated
	p.reply(inv, 180, "Require: 100rel", "RSeq: 43", route)             // before its turn
	p.reply(inv, 199)
	require.Equal(t, 199, next[Provisional](r).Status)
	p.reply(inv, 180, "Require: 100rel", "RSeq: 42", route)
	require.Equal(t, 180, next[Provisional](r).Status)
	second := proxy.expect(sip.PRACK)
	require.Equal(t, fmt.Sprintf("42 %d INVITE", inv.CSeq().SeqNo), header(second, "RAck").Value())
	proxy.reply(second, 200)

	p.reply(inv, 200, route) // its answer was in the 183
	proxy.expect(sip.ACK)
	require.Equal(t, answer, string(next[Answered](r).SDP))
	d.Hangup("done")
	bye := proxy.expect(sip.BYE)
	require.Greater(t, bye.CSeq().SeqNo, second.CSeq().SeqNo)
	proxy.reply(bye, 200)
	next[Ended](r)
}

func TestReliableProgressIsSwitchedOff(t *testing.T) {
	a, p, r := startAgent(t, func(a *Agent) { a.params.NoReliable = true }), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	require.NotContains(t, inv.raw, "100rel")
	p.reply(inv, 486)
	next[Failed](r)
}

func TestOurProgressIsRepeatedUntilAcknowledged(t *testing.T) {
	a, calls := receptionist(t)
	p, r := udpPeer(t), newRecorder(t)
	c := p.place(a, offer, "Require: 100rel")
	in := <-calls
	in.Progress([]byte(answer))
	in.Ring()
	d := in.Answer([]byte(answer), r.handle)
	var first message
	for range 3 {
		first = c.hears(183)
		c.forget()
	}
	require.Equal(t, "100rel", header(first, "Require").Value())
	require.Equal(t, "1", header(first, "RSeq").Value())
	require.Equal(t, answer, string(first.Body()))
	c.request("PRACK", "", "RAck: 7 1 INVITE")
	c.expectStatus(sip.PRACK, 481)
	c.request("PRACK", "", "RAck: 1 1 INVITE")
	c.expectStatus(sip.PRACK, 200)
	c.forget() // what follows may have come before the 200, and is repeated
	require.Equal(t, "2", header(c.hears(180), "RSeq").Value())
	c.request("PRACK", "", "RAck: 2 1 INVITE")
	c.expectStatus(sip.PRACK, 200)
	c.forget()
	c.hears(200)
	c.ack("")
	next[Answered](r)
	hangup(p, r, d)
}

func TestCallerWhoDoesNotAcknowledgeProgress(t *testing.T) {
	a, calls := receptionist(t, func(a *Agent) { a.timing.ack = 5 * testT1 })
	c := udpPeer(t).place(a, offer, "Require: 100rel")
	in := <-calls
	in.Ring()
	c.hears(180)
	c.hears(504)
	<-in.Gone()
}

func TestRejectionDoesNotWaitForThePrack(t *testing.T) {
	a, calls := receptionist(t)
	c := udpPeer(t).place(a, offer, "Require: 100rel")
	in := <-calls
	in.Ring()
	c.hears(180)
	in.Reject(486, "")
	c.hears(486)
	<-in.Gone()
}

func TestRAckIsRead(t *testing.T) {
	for text, want := range map[string]bool{
		"1 2 INVITE": true, " 1  2 INVITE ": true, "1 2": false, "": false, "1 2 BYE": false, "-1 2 INVITE": false, "1 99999999999 INVITE": false,
	} {
		req := sip.NewRequest(sip.PRACK, sip.Uri{Host: "h"})
		req.AppendHeader(sip.NewHeader("RAck", text))
		_, ok := rackOf(req)
		require.Equal(t, want, ok, text)
	}
}
