package sipua

import (
	"errors"
	"log/slog"
	"net/netip"
	"testing"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

var fuzzSeeds = []string{
	"INVITE sip:bob@127.0.0.1:5060;transport=tcp?a=b SIP/2.0\r\nVia: SIP/2.0/UDP [::1]:5060;branch=z9hG4bK1;rport\r\nFrom: \"A\\\"\" <sip:a@b>;tag=1\r\nTo: sip:c@d;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nUser-Agent: y\r\nContact: *\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0",
	"SIP/2.0 302 Moved\r\nv: SIP/2.0/TCP h;branch=z9hG4bK1, SIP/2.0/UDP i\r\nf: <sip:a@b>;tag=1\r\nt: <sip:c@d>;tag=\r\ni: x\r\nCSeq: 1 INVITE\r\nm: <sip:a@[::1>;q=0.1, \"x,\" <sip:b@c;lr>;q=x;expires=9\r\nRecord-Route: <sip:p;lr>,<sip:q>\r\nExpires: 5\r\nl: 0\r\n\r\n",
	"SIP/2.0 401 No\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 2 REGISTER\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"n\", qop=\"auth, auth-int\", algorithm=SHA-256, stale=true\r\n\r\n",
	"INVITE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContact: <sips:a@b>\r\nRequire: 100rel, timer\r\nk: timer,replaces\r\nx: 90;refresher=uas\r\nMin-SE: 90\r\nReplaces: y;to-tag=1;from-tag=2;early-only\r\nRecord-Route: <sip:p;lr>\r\n\r\n",
	"REFER sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 2 REFER\r\nRefer-To: \"x\" <sip:e@f;method=INVITE?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2&require=timer&y=z>\r\nRefer-Sub: false\r\n\r\n",
	"NOTIFY sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 3 NOTIFY\r\no: refer;id=2\r\nSubscription-State: terminated;reason=noresource\r\nContent-Type: message/sipfrag\r\nRAck: 1 2 INVITE\r\n\r\nSIP/2.0 200 OK",
	"SIP/2.0 422 Small\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 3 INVITE\r\nMin-SE: 120\r\nSession-Expires: 90 ; refresher = uac\r\nRequire: 100rel\r\nRSeq: 1\r\n\r\n",
}

// use does with a message what the agent does after its checks.
func use(a *Agent, m sip.Message) {
	if !wellFormed(m) {
		return
	}
	switch m := m.(type) {
	case *sip.Request:
		scanner(m)
		a.find(m)
		a.called(m)
		infoOf(m)
		_ = capabilities(m).String()
		refusesSubscription(m)
		rackOf(m)
		sipfrag(m.Body())
		d := a.newDialog(InviteParams{CallID: m.CallID().Value()})
		_, _ = d.referTo(m)
		_, _, _ = a.examine(d, m, nil)
		if granted, ok := d.concede(m); ok {
			granted.write(answerTo(m, 200, "OK"), m)
		}
		in := a.incoming(d, m)
		s := sessionWith(d, m, &sip.ContactHeader{})
		line, _, next := plan(s.target, s.routes)
		_, _, _ = line.String(), next.String(), string(in.SDP)
	case *sip.Response:
		newTargets(sip.Uri{Host: "x"}).follow(m)
		refused(m, false)
		sdpOf(m)
		creds := newCredentials(gateway.Account{Login: "l", Password: "p"})
		_ = creds.learn(m)
		invite := a.request(sip.INVITE, sip.Uri{Scheme: "sip", Host: "h"}, identity{from: m.From(), to: m.To()}, 1)
		_ = creds.apply(invite)
		d := a.newDialog(InviteParams{})
		s := (&invitation{d: d, req: invite}).reached(m)
		line, routes, next := plan(s.target, s.routes)
		_, _, _ = line.String(), routes, next.String()
		seconds(m.GetHeader("Expires"))
		d.terms.raise(m)
		d.agreed(m)
		number(header(m, "RSeq"))
	}
}

func FuzzDatagram(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s))
	}
	a, err := New(Params{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		f.Fatal(err)
	}
	parser := newParser()
	f.Fuzz(func(t *testing.T, b []byte) {
		if !acceptable(parser, b) || keepAlive(b) {
			return
		}
		m, err := parser.ParseSIP(b)
		if err != nil {
			t.Fatal("what was accepted does not parse again")
		}
		use(a, m)
	})
}

func FuzzStream(f *testing.F) {
	for _, s := range fuzzSeeds {
		f.Add([]byte(s), 7)
	}
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		if cut < 0 || cut > len(b) {
			cut = len(b) / 2
		}
		stream := newParser().NewSIPStream()
		for _, part := range [][]byte{b[:cut], b[cut:]} {
			err := stream.ParseSIPStream(part, func(m sip.Message) { wellFormed(m) })
			if stream.Buffer().Len() > maxMessage {
				t.Fatal("the parser holds more than a message")
			}
			if err != nil && !errors.Is(err, sip.ErrParseSipPartial) {
				return
			}
		}
	})
}

// FuzzSource reads where a server says that our request came from, and how long it wants to be left alone.
func FuzzSource(f *testing.F) {
	f.Add("198.51.100.7", "5060", "120 (maintenance);duration=60")
	f.Add("[2001:db8::1]", "65536", "-1")
	f.Add("", "", "99999999999999999999")
	local := netip.MustParseAddrPort("192.0.2.1:5060")
	f.Fuzz(func(t *testing.T, received, rport, after string) {
		v := &sip.ViaHeader{}
		v.Params.Add("received", received)
		v.Params.Add("rport", rport)
		if told, ok := sourceOf(v, local); ok && (!told.IsValid() || told.Addr().IsUnspecified()) {
			t.Fatalf("%v is nowhere", told)
		}
		res := sip.NewResponse(503, "No")
		res.AppendHeader(sip.NewHeader("Retry-After", after))
		if d := retryAfter(res); d < 0 || d > maxRetryAfter {
			t.Fatalf("%v is no pause", d)
		}
	})
}

func FuzzCallee(f *testing.F) {
	for _, s := range []string{"bob", "bob@h", "sip:bob@[::1]:5;transport=tcp", "sip:@;?", "[", "a:b@c:d"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := calleeURI(s, "example.com")
		if err != nil {
			return
		}
		for _, c := range u.String() {
			if c <= ' ' || c == 0x7f {
				t.Fatalf("%q became %q", s, u.String())
			}
		}
	})
}
