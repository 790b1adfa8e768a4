package sipua

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// transfer starts a transfer of ours.
func transfer(t *testing.T, d *Dialog, target string, other *Dialog) <-chan error {
	t.Helper()
	result := make(chan error, 1)
	go func() { result <- d.Refer(t.Context(), target, other) }()
	return result
}

// notify tells how the transfer goes on.
func (p *peer) notify(inv message, cseq int, frag, state string) {
	p.ask(inv, "NOTIFY", cseq, frag, "Event: refer", "Subscription-State: "+state, "Content-Type: message/sipfrag")
}

func TestTransfer(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	result := transfer(t, d, "carol", nil)
	refer := p.expect(sip.REFER)
	require.Equal(t, "<sip:carol@127.0.0.1>", header(refer, "Refer-To").Value())
	require.Equal(t, "<sip:alice@127.0.0.1>", header(refer, "Referred-By").Value())
	p.notify(inv, 1, "SIP/2.0 100 Trying\r\n", "active;expires=60") // before the response
	p.expectStatus(sip.NOTIFY, 200)
	require.Equal(t, Transfer{Status: 100, Text: "Trying"}, next[Transfer](r))
	p.reply(refer, 202)
	require.NoError(t, <-result)
	p.notify(inv, 2, "SIP/2.0 180 Ringing", "active")
	require.Equal(t, Transfer{Status: 180, Text: "Ringing"}, next[Transfer](r))
	p.notify(inv, 3, "SIP/2.0 200 OK\r\nContact: <sip:x>", "terminated;reason=noresource")
	require.Equal(t, Transfer{Status: 200, Text: "OK", Final: true}, next[Transfer](r))
	p.notify(inv, 4, "SIP/2.0 200 OK", "terminated")
	p.expectStatus(sip.NOTIFY, 481)
	hangup(p, r, d)
}

func TestTransferToAnotherCallOfOurs(t *testing.T) {
	a, p, far := startAgent(t), udpPeer(t), udpPeer(t)
	r, other := newRecorder(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	e := dial(a, other, far.account())
	second := establish(far, other)
	result := transfer(t, d, "", e)
	refer := p.expect(sip.REFER)
	address, query, _ := strings.Cut(strings.Trim(header(refer, "Refer-To").Value(), "<>"), "?")
	require.Equal(t, fmt.Sprintf("sip:callee@%s;transport=udp", far.addr), address)
	fields, err := url.ParseQuery(query)
	require.NoError(t, err)
	require.Equal(t, second.CallID().Value()+";to-tag="+peerTag+";from-tag="+tagOf(second.From().Params), fields.Get("Replaces"))
	p.reply(refer, 200, "Refer-Sub: false")
	require.NoError(t, <-result)
	require.Equal(t, Transfer{Status: 200, Text: "Status200", Final: true}, next[Transfer](r))
	hangup(p, r, d)
	hangup(far, other, e)
}

func TestTransferIsRefused(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	require.ErrorIs(t, d.Refer(t.Context(), "carol", nil), ErrNotEstablished)
	inv := establish(p, r)
	require.ErrorIs(t, d.Refer(t.Context(), "", nil), errNoTarget)
	require.ErrorIs(t, d.Refer(t.Context(), "not an address", nil), errBadAddress)
	result := transfer(t, d, "sip:carol@example.com", nil)
	p.reply(p.expect(sip.REFER), 603)
	require.Equal(t, &StatusError{603, "Status603"}, <-result)
	p.notify(inv, 1, "SIP/2.0 200 OK", "terminated")
	p.expectStatus(sip.NOTIFY, 481)
	hangup(p, r, d)
}

func TestWeAreTransferred(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "REFER", 1, "", "Refer-To: \"C\" <sip:carol@example.com?Replaces=abc%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&x=y>")
	ev := next[Referred](r)
	require.Equal(t, "sip:carol@example.com", ev.Target)
	require.Equal(t, "abc@h;to-tag=1;from-tag=2", ev.Replaces)
	require.Equal(t, "sip:bob@127.0.0.1", ev.By)
	ev.Accept()
	ev.Reject(603) // too late
	p.expectStatus(sip.REFER, 202)
	for i, want := range []string{"SIP/2.0 100 Trying\r\n", "SIP/2.0 180 Ringing\r\n", "SIP/2.0 200 OK\r\n"} {
		n := p.expect(sip.NOTIFY)
		require.Equal(t, want, string(n.Body()))
		require.Equal(t, "refer", header(n, "Event").Value())
		require.Equal(t, "message/sipfrag;version=2.0", n.request().ContentType().Value())
		require.Equal(t, i == 2, strings.HasPrefix(header(n, "Subscription-State").Value(), "terminated"))
		p.reply(n, 200)
		if i == 0 {
			ev.Notify(180, "Ringing")
			ev.Notify(200, "OK")
			ev.Notify(500, "nothing after the last")
		}
	}
	transferred(p, r)
}

// transferred plays the end of a call whose far side has been told that its transfer succeeded.
func transferred(p *peer, r *recorder) {
	p.t.Helper()
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(p.t, Ended{Text: "transferred"}, next[Ended](r))
	p.expectNothing(sip.NOTIFY, 2*testT1)
}

func TestTransferOfUsIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		decide func(Referred)
		status int
	}{
		"by default": {func(Referred) {}, 603},
		"busy":       {func(ev Referred) { ev.Reject(486) }, 486},
	} {
		t.Run(name, func(t *testing.T) {
			a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
			d := dial(a, r, p.account())
			inv := establish(p, r)
			p.ask(inv, "REFER", 1, "", "Refer-To: sip:carol@example.com")
			c.decide(next[Referred](r))
			p.expectStatus(sip.REFER, c.status)
			p.expectNothing(sip.NOTIFY, 2*testT1)
			hangup(p, r, d)
		})
	}
}

// TestTransferOfUsToNoAddress is refused at once, and nobody is asked.
func TestTransferOfUsToNoAddress(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	for i, c := range []struct {
		headers []string
		status  int
	}{
		{nil, 400},
		{[]string{"Refer-To: <sip:carol@example.com>", "Refer-To: <sip:dave@example.com>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com>", "r: <sip:dave@example.com>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com>, <sip:dave@example.com>"}, 400},
		{[]string{"Refer-To: sip:carol@example.com, sip:dave@example.com"}, 400},
		{[]string{"Refer-To:"}, 400},
		{[]string{"Refer-To: <>"}, 400},
		{[]string{"Refer-To: carol"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com"}, 400},
		{[]string{`Refer-To: "Carol <sip:carol@example.com>`}, 400},
		{[]string{"Refer-To: <sip:>"}, 400},
		{[]string{"Refer-To: <sip:carol@>"}, 400},
		{[]string{"Refer-To: <sip:ca rol@example.com>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com:99999>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com;transport=pigeon>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Replaces=%zz>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Replaces=a%0d%0ab>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Replaces=a%0d%0ab%3Bto-tag%3D1%3Bfrom-tag%3D2>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Replaces=>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Replaces=a%3Bto-tag%3D1>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&replace%73=b%3Bto-tag%3D1%3Bfrom-tag%3D2>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Require=a%0d%0aRoute:%20b>"}, 400},
		{[]string{"Refer-To: <sip:carol@example.com?Require=replaces%2c%20teleport>"}, 501},
		{[]string{"Refer-To: <sip:carol@example.com;method=BYE>"}, 501},
		{[]string{"Refer-To: <sip:carol@example.com;METHOD=bye?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>"}, 501},
		{[]string{"Refer-To: <sip:carol@example.com;method=INVITE;method=SUBSCRIBE>"}, 501},
		{[]string{"Refer-To: <sip:carol@example.com;method>"}, 501},
		{[]string{"Refer-To: <tel:>"}, 416},
		{[]string{"Refer-To: <tel:+15551234>"}, 416},
		{[]string{"Refer-To: http://example.com/carol"}, 416},
		{[]string{"Refer-To: <mailto:carol@example.com>"}, 416},
	} {
		p.ask(inv, "REFER", i+1, "", c.headers...)
		select {
		case m := <-p.in:
			res, ok := m.Message.(*sip.Response)
			require.True(t, ok, c.headers)
			require.Equal(t, sip.REFER, res.CSeq().MethodName)
			require.Equal(t, c.status, res.StatusCode, c.headers)
		case <-time.After(patience):
			require.FailNow(t, "no answer", "%q", c.headers)
		}
		r.silent()
	}
	hangup(p, r, d)
}

func TestTransferOfUsIsRead(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	for i, c := range []struct{ referTo, target, require string }{
		{"<sips:carol@example.com>", "sips:carol@example.com", ""},
		{"sip:carol@example.com;x=y", "sip:carol@example.com", ""},
		{"SIP:carol@example.com", "SIP:carol@example.com", ""},
		{`"Carol \"<tel:1>\"" < sip:carol@example.com;user=phone >;x=y`, "sip:carol@example.com;user=phone", ""},
		{"<sip:carol@example.com;method=INVITE?require=replaces%2C100rel&Require=timer>", "sip:carol@example.com;method=INVITE", "replaces, 100rel, timer"},
	} {
		p.ask(inv, "REFER", i+1, "", "Refer-To: "+c.referTo, "Referred-By: nobody <who can be read")
		ev := next[Referred](r)
		require.Equal(t, c.target, ev.Target)
		require.Equal(t, c.require, ev.Require)
		ev.Reject(603)
		p.expectStatus(sip.REFER, 603)
	}
	hangup(p, r, d)
}

func TestQuietTransferOfUs(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	inv := establish(p, r)
	p.ask(inv, "REFER", 1, "", "Refer-To: <sip:carol@example.com>", "Refer-Sub: false", "Require: norefersub")
	ev := next[Referred](r)
	ev.Accept()
	require.Equal(t, "false", header(p.expectStatus(sip.REFER, 202), "Refer-Sub").Value())
	ev.Notify(200, "OK")
	transferred(p, r)
}

func TestSipfragIsRead(t *testing.T) {
	for body, want := range map[string]Transfer{
		"SIP/2.0 200 OK\r\nTo: x": {Status: 200, Text: "OK"},
		"SIP/2.0 603":             {Status: 603},
		"SIP/2.0 99 x":            {}, "SIP/2.0 700 x": {}, "SIP/2.0 2x0 x": {}, "": {}, "HTTP/1.1 200 OK": {},
	} {
		status, text, ok := sipfrag([]byte(body))
		require.Equal(t, want.Status > 0, ok, body)
		if ok {
			require.Equal(t, want, Transfer{Status: status, Text: text}, body)
		}
	}
}

// TestSilenceAfterATransfer: who agrees to a transfer and never tells of it, or stops telling, has not done it.
func TestSilenceAfterATransfer(t *testing.T) {
	for _, told := range []bool{false, true} {
		a := startAgent(t, func(a *Agent) { a.timing.word, a.timing.ring = 300*time.Millisecond, 600*time.Millisecond })
		p, r := udpPeer(t), newRecorder(t)
		d := dial(a, r, p.account())
		inv := establish(p, r)
		result := transfer(t, d, "carol", nil)
		p.reply(p.expect(sip.REFER), 202)
		require.NoError(t, <-result)
		require.ErrorIs(t, d.Refer(t.Context(), "dave", nil), errReferring)
		if told {
			p.notify(inv, 1, "SIP/2.0 180 Ringing", "active")
			require.Equal(t, 180, next[Transfer](r).Status)
		}
		last := next[Transfer](r)
		require.True(t, last.Final)
		require.Zero(t, last.Status)
		require.Contains(t, last.Text, "does not tell")
		p.notify(inv, 2, "SIP/2.0 200 OK", "terminated")
		p.expectStatus(sip.NOTIFY, 481)
		result = transfer(t, d, "dave", nil) // another may follow
		p.reply(p.expect(sip.REFER), 603)
		require.Error(t, <-result)
		hangup(p, r, d)
	}
}
