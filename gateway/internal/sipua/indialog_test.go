package sipua

import (
	"fmt"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

func TestRemoteHangup(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "BYE", 1, "", `Reason: Q.850;cause=16;text="bye bye"`)
	p.expectStatus(sip.BYE, 200)
	require.Equal(t, Ended{Remote: true, Text: `Q.850;cause=16;text="bye bye"`}, next[Ended](r))
	d.Hangup("too late")
	p.expectNothing(sip.BYE, 2*testT1)
	p.ask(inv, "BYE", 2, "")
	p.expectStatus(sip.BYE, 481)
	r.silent()
}

func TestByesCross(t *testing.T) {
	a, p, r := startAgent(t, func(a *Agent) { a.timing.hangup = time.Minute }), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	d.Hangup("operator")
	p.expect(sip.BYE)
	p.ask(inv, "BYE", 1, "")
	p.expectStatus(sip.BYE, 200)
	require.Equal(t, Ended{Text: "operator"}, next[Ended](r))
}

func TestByeBeforeTheAnswerIsSeen(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.reply(inv, 180)
	next[Provisional](r)
	p.ask(inv, "BYE", 1, "")
	p.expectStatus(sip.BYE, 200)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	require.True(t, next[Ended](r).Remote)
	r.silent()
}

// TestInfoBeforeTheAnswerIsSeen is to come again, and the call comes about.
func TestInfoBeforeTheAnswerIsSeen(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	p.ask(inv, "INFO", 1, "Signal=5", "Content-Type: application/dtmf-relay")
	require.NotNil(t, header(p.expectStatus(sip.INFO, 500), "Retry-After"))
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	next[Answered](r)
	hangup(p, r, d)
}

func TestReinvite(t *testing.T) {
	const changed = "v=0\r\ns=hold\r\n"
	for _, c := range []struct {
		name, method string
		respond      func(Reinvite)
		status       int
		body         string
	}{
		{"accepted", "INVITE", func(ev Reinvite) { ev.Respond(200, []byte(answer)); ev.Respond(500, nil) }, 200, answer},
		{"refused", "INVITE", func(ev Reinvite) { ev.Respond(488, nil) }, 488, ""},
		{"ignored", "INVITE", func(Reinvite) {}, 488, ""},
		{"nonsense", "INVITE", func(ev Reinvite) { ev.Respond(99, nil) }, 500, ""},
		{"update", "UPDATE", func(ev Reinvite) { ev.Respond(200, []byte(answer)) }, 200, answer},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
			d := dial(a, r, p.account())
			inv := establish(p, r)
			moved := udpPeer(t) // where the other side wants our requests from now on
			p.ask(inv, c.method, 7, changed, "Content-Type: application/sdp", moved.contact())
			ev := next[Reinvite](r)
			require.Equal(t, changed, string(ev.SDP))
			c.respond(ev)
			res := p.expectStatus(sip.RequestMethod(c.method), c.status)
			require.Equal(t, c.body, string(res.Body()))
			after := p
			if c.status == 200 {
				require.Equal(t, fmt.Sprintf("<sip:alice@%s>", a.Addr()), res.response().Contact().Value())
				after = moved
			}
			if c.method == "INVITE" {
				p.ask(inv, "ACK", 7, "")
			}
			d.Hangup("done")
			after.reply(after.expect(sip.BYE), 200)
			require.Equal(t, Ended{Text: "done"}, next[Ended](r))
		})
	}
}

func TestReinviteThatAsksForAnOffer(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "INVITE", 7, "")
	ev := next[Reinvite](r)
	require.Empty(t, ev.SDP)
	ev.Respond(200, []byte("v=0\r\ns=ours\r\n"))
	p.expectStatus(sip.INVITE, 200)
	p.ask(inv, "ACK", 7, answer, "Content-Type: application/sdp")
	require.Equal(t, answer, string(next[Refreshed](r).SDP))
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	next[Ended](r)
}

func TestOurAnswerIsRepeatedUntilAcknowledged(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "INVITE", 7, answer, "Content-Type: application/sdp")
	next[Reinvite](r).Respond(200, []byte(answer))
	for range 3 {
		p.expectStatus(sip.INVITE, 200)
		p.forget()
	}
	p.ask(inv, "INVITE", 8, answer, "Content-Type: application/sdp")
	p.expectStatus(sip.INVITE, 500) // one change at a time
	p.ask(inv, "ACK", 7, "")
	p.ask(inv, "BYE", 9, "")
	p.expectStatus(sip.BYE, 200)
	next[Ended](r)
}

func TestUnacknowledgedAnswerEndsTheCall(t *testing.T) {
	a, p, r := startAgent(t, func(a *Agent) { a.timing.ack = 5 * testT1 }), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "INVITE", 7, answer, "Content-Type: application/sdp")
	next[Reinvite](r).Respond(200, []byte(answer))
	p.reply(p.expect(sip.BYE), 200)
	require.False(t, next[Ended](r).Remote)
}

func TestRequestsInsideTheDialog(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	for i, c := range []struct {
		method  string
		headers []string
		status  int
	}{
		{"OPTIONS", nil, 200},
		{"UPDATE", nil, 200},
		{"REFER", nil, 400},
		{"NOTIFY", []string{"Event: refer"}, 481},
		{"NOTIFY", []string{"Event: presence"}, 489},
		{"MESSAGE", nil, 501},
		{"OPTIONS", []string{"Require: 100rel"}, 420},
	} {
		p.ask(inv, c.method, i+1, "", c.headers...)
		p.expectStatus(sip.RequestMethod(c.method), c.status)
	}
	p.ask(inv, "INFO", 20, "Signal=5", "Content-Type: application/dtmf-relay")
	p.expectStatus(sip.INFO, 200)
	require.Equal(t, InfoReceived{ContentType: "application/dtmf-relay", Body: []byte("Signal=5")}, next[InfoReceived](r))
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	next[Ended](r)
}

func TestInfo(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	_, err := d.Info(t.Context(), "application/dtmf", []byte("5"))
	require.ErrorIs(t, err, ErrNotEstablished)
	establish(p, r)
	type result struct {
		status int
		err    error
	}
	results := make(chan result, 1)
	go func() {
		status, err := d.Info(t.Context(), "application/dtmf", []byte("5"))
		results <- result{status, err}
	}()
	info := p.expect(sip.INFO)
	require.Equal(t, "5", string(info.Body()))
	require.Equal(t, "application/dtmf", info.request().ContentType().Value())
	p.reply(info, 415)
	require.Equal(t, result{415, nil}, <-results)
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	next[Ended](r)
	_, err = d.Info(t.Context(), "application/dtmf", []byte("5"))
	require.ErrorIs(t, err, ErrNotEstablished)
}

func TestRecordRoute(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	far := udpPeer(t)
	d := dial(a, r, p.account())
	inv := p.expect(sip.INVITE)
	outer := "<sip:10.9.9.9:5099;lr>"
	inner := fmt.Sprintf("<sip:%s;lr;ftag=x>", far.addr)
	p.replyBody(inv, 200, answer, "Record-Route: "+outer, "Record-Route: "+inner, "Contact: <sip:callee@10.1.1.1:5061>")
	for _, method := range []sip.RequestMethod{sip.ACK, sip.BYE} {
		m := far.expect(method)
		require.Equal(t, "sip:callee@10.1.1.1:5061", m.request().Recipient.String())
		routes := m.GetHeaders("Route")
		require.Len(t, routes, 2)
		require.Equal(t, []string{inner, outer}, []string{routes[0].Value(), routes[1].Value()})
		if method == sip.ACK {
			d.Hangup("done")
		} else {
			far.reply(m, 200)
		}
	}
	p.expectNothing(sip.BYE, 2*testT1)
}

func TestPlanStrictRouting(t *testing.T) {
	uri := func(s string) sip.Uri {
		u, err := parseURI(s)
		require.NoError(t, err)
		return u
	}
	line, routes, next := plan(uri("sip:callee@c"), []sip.Uri{uri("sip:strict"), uri("sip:loose;lr")})
	require.Equal(t, "sip:strict", line.String())
	require.Equal(t, "sip:strict", next.String())
	require.Equal(t, []sip.Uri{uri("sip:loose;lr"), uri("sip:callee@c")}, routes)
}
