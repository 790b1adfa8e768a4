package sipua

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// caller is a peer that places a call to us.
type caller struct {
	*peer
	a      *Agent
	callID string
	branch string
	to     string // the To header, with our tag once there is one
	cseq   int
}

// place sends an INVITE.
func (p *peer) place(a *Agent, body string, headers ...string) *caller {
	c := &caller{peer: p, a: a, callID: sip.GenerateTagN(12), branch: sip.GenerateBranch(), to: "<sip:alice@" + p.addr.Addr().String() + ">", cseq: 1}
	c.invite(body, headers...)
	return c
}

func (c *caller) invite(body string, headers ...string) {
	if body != "" {
		headers = append(headers, "Content-Type: application/sdp")
	}
	c.send("INVITE", 1, c.branch, body, append(headers, fmt.Sprintf("Contact: <sip:bob@%s>", c.addr))...)
}

func (c *caller) send(method string, cseq int, branch, body string, headers ...string) {
	lines := []string{
		fmt.Sprintf("%s sip:alice@%s SIP/2.0", method, c.a.Addr()),
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s", c.network, c.addr, branch),
		`From: "Bob" <sip:bob@example.com>;tag=` + peerTag,
		"To: " + c.to,
		"Call-ID: " + c.callID,
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		"Max-Forwards: 70",
	}
	lines = append(lines, headers...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	c.peer.send(net.UDPAddrFromAddrPort(c.a.Addr()), []byte(strings.Join(lines, "\r\n")))
}

// request sends the next request inside the dialog.
func (c *caller) request(method, body string, headers ...string) {
	c.cseq++
	c.send(method, c.cseq, sip.GenerateBranch(), body, headers...)
}

func (c *caller) ack(body string, headers ...string) {
	c.send("ACK", 1, sip.GenerateBranch(), body, headers...)
}

func (c *caller) cancel() { c.send("CANCEL", 1, c.branch, "") }

// hears waits for a response to the INVITE and takes the tag it brings.
func (c *caller) hears(status int) message {
	c.t.Helper()
	res := c.expectStatus(sip.INVITE, status)
	c.to = res.To().Value()
	return res
}

// receptionist is an agent that takes calls, and the calls.
func receptionist(t *testing.T, change ...func(*Agent)) (*Agent, <-chan *Incoming) {
	t.Helper()
	calls := make(chan *Incoming, 8)
	a := startAgent(t, append(change, func(a *Agent) { a.params.OnInvite = func(in *Incoming) { calls <- in } })...)
	return a, calls
}

func TestCallToUs(t *testing.T) {
	a, calls := receptionist(t)
	p, r := udpPeer(t), newRecorder(t)
	c := p.place(a, offer)
	in := <-calls
	require.Equal(t, Party{"bob", "Bob", "example.com"}, in.From)
	require.Equal(t, Party{"alice", "", "127.0.0.1"}, in.To)
	require.Equal(t, offer, string(in.SDP))
	require.Equal(t, c.callID, in.CallID)
	require.Zero(t, in.Account)

	in.Ring()
	ringing := c.hears(180)
	require.Equal(t, fmt.Sprintf("<sip:alice@%s>", a.Addr()), ringing.response().Contact().Value())
	in.Progress([]byte(answer))
	early := c.hears(183)
	require.Equal(t, answer, string(early.Body()))
	require.Equal(t, ringing.To().Value(), early.To().Value())

	d := in.Answer([]byte(answer), r.handle)
	ok := c.hears(200)
	require.Equal(t, early.To().Value(), ok.To().Value())
	require.Equal(t, answer, string(ok.Body()))
	require.Empty(t, ok.GetHeaders("Session-Expires"), "the caller knows no session timer")
	c.forget()
	c.hears(200) // until acknowledged
	c.ack("")
	require.Equal(t, Answered{Status: 200}, next[Answered](r))

	result := reinvite(t, d)
	ours := p.expect(sip.INVITE)
	require.Equal(t, ok.To().Value(), ours.From().Value())
	require.Equal(t, `"Bob" <sip:bob@example.com>;tag=`+peerTag, ours.To().Value())
	require.Equal(t, fmt.Sprintf("sip:bob@%s", p.addr), ours.request().Recipient.String())
	p.replyBody(ours, 200, answer)
	p.expect(sip.ACK)
	require.NoError(t, (<-result).err)

	c.request("INVITE", changedOffer, "Content-Type: application/sdp", fmt.Sprintf("Contact: <sip:bob@%s>", p.addr))
	next[Reinvite](r).Respond(200, []byte(answer))
	p.expectStatus(sip.INVITE, 200)
	c.send("ACK", c.cseq, sip.GenerateBranch(), "")
	c.request("BYE", "")
	p.expectStatus(sip.BYE, 200)
	require.True(t, next[Ended](r).Remote)
	r.silent()
	in.Ring() // nothing any more
	in.Reject(486, "")
}

func TestWeHangUpACallToUs(t *testing.T) {
	a, calls := receptionist(t)
	p, r := udpPeer(t), newRecorder(t)
	proxies := []string{fmt.Sprintf("Record-Route: <sip:%s;lr;n=1>", p.addr), "Record-Route: <sip:10.9.9.9;lr;n=2>"}
	c := p.place(a, offer, proxies...)
	in := <-calls
	d := in.Answer([]byte(answer), r.handle)
	require.Len(t, c.hears(200).GetHeaders("Record-Route"), 2)
	c.ack("")
	next[Answered](r)
	d.Hangup("enough")
	bye := p.expect(sip.BYE)
	routes := bye.GetHeaders("Route")
	require.Len(t, routes, 2)
	require.Contains(t, routes[0].Value(), "n=1", "the proxies in the order they wrote themselves down")
	p.reply(bye, 200)
	require.Equal(t, Ended{Text: "enough"}, next[Ended](r))
}

func TestCallToUsIsRejected(t *testing.T) {
	for name, c := range map[string]struct {
		status, heard  int
		reason, phrase string
	}{
		"busy":     {486, 486, "", "Busy Here"},
		"said":     {603, 603, "Not today", "Not today"},
		"nonsense": {200, 480, "", "Temporarily Unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			a, calls := receptionist(t)
			p := udpPeer(t)
			call := p.place(a, offer)
			in := <-calls
			in.Ring()
			in.Reject(c.status, c.reason)
			ringing := call.hears(180)
			res := call.hears(c.heard)
			require.Equal(t, c.phrase, res.response().Reason)
			require.Equal(t, ringing.To().Value(), res.To().Value())
			<-in.Gone()
			call.send("ACK", 1, call.branch, "")
		})
	}
}

func TestCallerGivesUp(t *testing.T) {
	a, calls := receptionist(t)
	p, r := udpPeer(t), newRecorder(t)
	c := p.place(a, offer)
	in := <-calls
	in.Ring()
	c.hears(180)
	c.cancel()
	c.expectStatus(sip.CANCEL, 200)
	c.hears(487)
	<-in.Gone()
	in.Answer([]byte(answer), r.handle)
	require.Equal(t, Ended{Remote: true, Text: "the caller gave up"}, next[Ended](r))
	c.send("ACK", 1, c.branch, "")
}

func TestCallerHangsUpBeforeTheAnswer(t *testing.T) {
	a, calls := receptionist(t)
	p := udpPeer(t)
	c := p.place(a, offer)
	in := <-calls
	in.Ring()
	c.hears(180)
	c.request("BYE", "")
	c.expectStatus(sip.BYE, 200)
	c.expectStatus(sip.INVITE, 487)
	<-in.Gone()
}

func TestNobodyAnswersACallToUs(t *testing.T) {
	a, calls := receptionist(t, func(a *Agent) { a.timing.ring = 3 * testT1 })
	c := udpPeer(t).place(a, offer)
	<-(<-calls).Gone()
	c.hears(480)
}

func TestAnswerThatIsNotAcknowledged(t *testing.T) {
	a, calls := receptionist(t, func(a *Agent) { a.timing.ack = 5 * testT1 })
	p, r := udpPeer(t), newRecorder(t)
	c := p.place(a, offer)
	(<-calls).Answer([]byte(answer), r.handle)
	c.hears(200)
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(t, Ended{Text: "the other side did not acknowledge"}, next[Ended](r))
	r.silent()
}

func TestOfferIsOurs(t *testing.T) {
	a, calls := receptionist(t)
	p, r := udpPeer(t), newRecorder(t)
	c := p.place(a, "")
	in := <-calls
	require.Empty(t, in.SDP)
	d := in.Answer([]byte(offer), r.handle)
	require.Equal(t, offer, string(c.hears(200).Body()))
	c.ack(answer, "Content-Type: application/sdp")
	require.Equal(t, answer, string(next[Answered](r).SDP))
	hangup(p, r, d)
}

func TestMergedRequestIsRefused(t *testing.T) {
	a, calls := receptionist(t)
	p := udpPeer(t)
	c := p.place(a, offer)
	in := <-calls
	first := c.branch
	c.branch = sip.GenerateBranch()
	c.invite(offer)
	c.expectStatus(sip.INVITE, 482)
	c.send("ACK", 1, c.branch, "")
	c.branch = first
	in.Ring()
	c.hears(180)
	c.forget()
	c.invite(offer) // a repetition of the first is none
	c.hears(180)
	in.Reject(486, "")
	c.expectStatus(sip.INVITE, 486)
	require.Empty(t, calls)
}

func TestCallsThatAreNotFitForUs(t *testing.T) {
	a, calls := receptionist(t)
	for name, c := range map[string]struct {
		headers []string
		status  int
	}{
		"extension": {[]string{"Require: teleport, timer"}, 420},
		"body":      {[]string{"Content-Type: text/plain"}, 415},
		"timer":     {[]string{"Supported: timer", "Session-Expires: 10"}, 422},
		"replaces":  {[]string{"Replaces: nobody;to-tag=1;from-tag=2"}, 481},
	} {
		t.Run(name, func(t *testing.T) {
			p := udpPeer(t)
			body := offer
			call := &caller{peer: p, a: a, callID: sip.GenerateTagN(12), branch: sip.GenerateBranch(), to: "<sip:alice@h>", cseq: 1}
			call.send("INVITE", 1, call.branch, body, append(c.headers, "Contact: <sip:b@127.0.0.1>")...)
			res := p.expectStatus(sip.INVITE, c.status)
			if c.status == 420 {
				require.Equal(t, "teleport", header(res, "Unsupported").Value())
			}
			require.Empty(t, calls)
		})
	}
	p := udpPeer(t)
	before := a.Stats().Refused
	p.place(a, offer, "User-Agent: sipvicious")
	require.Eventually(t, func() bool { return a.Stats().Refused > before }, patience, testT1/4)
	require.Empty(t, calls)
	require.Empty(t, p.in, "an answer tells it that there is one")
}

func TestCallIsForARegisteredAccount(t *testing.T) {
	a, calls := receptionist(t)
	p := udpPeer(t)
	acc := p.account()
	acc.Register = true
	done := make(chan error, 1)
	go func() { done <- a.Register(t.Context(), acc) }()
	p.reply(p.expect(sip.REGISTER), 200)
	require.NoError(t, <-done)
	c := p.place(a, offer)
	in := <-calls
	require.Equal(t, acc, in.Account)
	in.Reject(486, "")
	c.hears(486)
	c.send("ACK", 1, c.branch, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = a.Close(ctx)
}

// TestCallTakesThePlaceOfAnother only if it names the dialog as we know it: to-tag is our tag, whoever called. Then the owner of
// that dialog decides.
func TestCallTakesThePlaceOfAnother(t *testing.T) {
	for _, weCalled := range []bool{true, false} {
		t.Run(fmt.Sprintf("we called: %v", weCalled), func(t *testing.T) {
			a, calls := receptionist(t)
			p, r := udpPeer(t), newRecorder(t)
			var d *Dialog
			var callID, ours string
			if weCalled {
				d = dial(a, r, p.account())
				inv := establish(p, r)
				callID, ours = inv.CallID().Value(), tagOf(inv.From().Params)
			} else {
				c := p.place(a, offer)
				d = (<-calls).Answer([]byte(answer), r.handle)
				callID, ours = c.callID, tagOf(c.hears(200).To().Params)
				c.ack("")
				next[Answered](r)
			}
			other := udpPeer(t)
			for name, c := range map[string]struct {
				replaces string
				status   int
			}{
				"Call-ID":       {"x" + callID + ";to-tag=" + ours + ";from-tag=" + peerTag, 481},
				"our tag":       {callID + ";to-tag=x;from-tag=" + peerTag, 481},
				"their tag":     {callID + ";to-tag=" + ours + ";from-tag=x", 481},
				"changed round": {callID + ";to-tag=" + peerTag + ";from-tag=" + ours, 481},
				"no tags":       {callID, 481},
				"early only":    {callID + ";from-tag=" + peerTag + ";to-tag=" + ours + ";early-only", 486},
			} {
				other.place(a, offer, "Replaces: "+c.replaces).hears(c.status)
				r.silent()
				require.Empty(t, calls, name)
			}
			taker := other.place(a, offer, "Replaces: "+callID+";from-tag="+peerTag+";to-tag="+ours)
			in := next[Replacing](r).Call
			require.Equal(t, taker.callID, in.CallID)
			in.Reject(488, "")
			taker.hears(488)
			require.Empty(t, calls, "it is no call of its own")
			hangup(p, r, d)
		})
	}
}

// TestCallTakesThePlaceOfOneThatEnds: nobody decides on it any more, so it is refused.
func TestCallTakesThePlaceOfOneThatEnds(t *testing.T) {
	a, _ := receptionist(t)
	p, r, other := udpPeer(t), newRecorder(t), udpPeer(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	replaces := fmt.Sprintf("Replaces: %s;from-tag=%s;to-tag=%s", inv.CallID().Value(), peerTag, tagOf(inv.From().Params))
	taker := other.place(a, offer, replaces)
	in := next[Replacing](r).Call
	d.Hangup("done")
	taker.hears(603)
	<-in.Gone()
	other.place(a, offer, replaces).hears(603)
	p.reply(p.expect(sip.BYE), 200)
	next[Ended](r)
}

func TestCallToUsKeepsItsSession(t *testing.T) {
	for name, c := range map[string]struct{ asked, granted string }{
		"caller": {"6", "6;refresher=uac"},
		"we":     {"6;refresher=uas", "6;refresher=uas"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a, calls := receptionist(t, fastLease)
			p, r := udpPeer(t), newRecorder(t)
			call := p.place(a, offer, "Supported: timer", "Session-Expires: "+c.asked)
			(<-calls).Answer([]byte(answer), r.handle)
			require.Equal(t, c.granted, header(call.hears(200), "Session-Expires").Value())
			call.ack("")
			next[Answered](r)
			if name == "we" {
				m := p.expect(sip.INVITE)
				require.Equal(t, answer, string(m.Body()))
				p.replyBody(m, 200, offer, "Session-Expires: 6;refresher=uac")
				next[Refreshed](r)
				p.expect(sip.ACK)
				call.request("BYE", "")
				require.True(t, next[Ended](r).Remote)
				return
			}
			p.reply(p.expect(sip.BYE), 200)
			require.Equal(t, "the session was not refreshed", next[Ended](r).Text)
		})
	}
}
