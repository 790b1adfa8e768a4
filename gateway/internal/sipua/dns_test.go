package sipua

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/dns/dnsmessage"

	"callcast/gateway"
)

// nameServer is a DNS server for the system's own resolver.
type nameServer struct {
	conn  net.PacketConn
	zone  map[string][]dnsmessage.ResourceBody
	still atomic.Bool // it takes questions and says nothing

	mu    sync.Mutex // guards what follows
	asked []net.Conn
	over  bool
}

func serveDNS(t *testing.T, zone map[string][]dnsmessage.ResourceBody) *nameServer {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	s := &nameServer{conn: conn, zone: zone}
	var serving sync.WaitGroup
	serving.Go(s.serve)
	t.Cleanup(func() { _ = conn.Close(); serving.Wait(); s.hangUp() })
	return s
}

// hangUp ends the questions that the resolver goes on asking after those who wanted to know have gone.
func (s *nameServer) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	for _, c := range s.asked {
		_ = c.Close()
	}
}

func (s *nameServer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return nil, net.ErrClosed
	}
	c, err := new(net.Dialer).DialContext(ctx, "udp", s.conn.LocalAddr().String())
	if err == nil {
		s.asked = append(s.asked, c)
	}
	return c, err
}

func (s *nameServer) use(a *Agent) {
	a.params.Resolver = &net.Resolver{PreferGo: true, Dial: s.dial}
}

func (s *nameServer) serve() {
	buf := make([]byte, 2048)
	for {
		n, from, err := s.conn.ReadFrom(buf)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buf[:n]) != nil || len(m.Questions) != 1 || s.still.Load() {
			continue
		}
		if answer, err := s.answer(m); err == nil {
			_, _ = s.conn.WriteTo(answer, from)
		}
	}
}

// answer says what the zone holds of a name and type, by way of its canonical name if it has one.
func (s *nameServer) answer(m dnsmessage.Message) ([]byte, error) {
	question := m.Questions[0]
	m.Response, m.Authoritative, m.RecursionAvailable, m.Additionals = true, true, true, nil
	name := question.Name
	all, exists := s.zone[strings.ToLower(name.String())]
	if len(all) == 1 {
		if alias, ok := all[0].(*dnsmessage.CNAMEResource); ok {
			m.Answers = append(m.Answers, record(name, dnsmessage.TypeCNAME, alias))
			name = alias.CNAME
			all = s.zone[name.String()]
		}
	}
	for _, body := range all {
		if kind := typeOf(body); kind == question.Type {
			m.Answers = append(m.Answers, record(name, kind, body))
		}
	}
	if !exists {
		m.RCode = dnsmessage.RCodeNameError
	}
	return m.Pack()
}

func record(name dnsmessage.Name, kind dnsmessage.Type, body dnsmessage.ResourceBody) dnsmessage.Resource {
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: name, Type: kind, Class: dnsmessage.ClassINET, TTL: 60}, Body: body}
}

func typeOf(body dnsmessage.ResourceBody) dnsmessage.Type {
	switch body.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	case *dnsmessage.SRVResource:
		return dnsmessage.TypeSRV
	default:
		return dnsmessage.TypeCNAME
	}
}

func srv(priority, weight, port int, target string) dnsmessage.ResourceBody {
	return &dnsmessage.SRVResource{Priority: uint16(priority), Weight: uint16(weight), Port: uint16(port), Target: dnsmessage.MustNewName(target)}
}

func ip(text string) dnsmessage.ResourceBody {
	if addr := netip.MustParseAddr(text); addr.Is6() {
		return &dnsmessage.AAAAResource{AAAA: addr.As16()}
	}
	return &dnsmessage.AResource{A: netip.MustParseAddr(text).As4()}
}

func TestWhatTheDNSSays(t *testing.T) {
	many := make([]dnsmessage.ResourceBody, 20)
	for i := range many {
		many[i] = srv(i, 1, i+1, "one.test.")
	}
	dns := serveDNS(t, map[string][]dnsmessage.ResourceBody{
		"one.test.":              {ip("10.0.0.1")},
		"two.test.":              {ip("10.0.0.2"), ip("10.0.0.3")},
		"six.test.":              {ip("2001:db8::6")},
		"dual.test.":             {ip("2001:db8::7"), ip("10.0.0.7")},
		"alias.test.":            {&dnsmessage.CNAMEResource{CNAME: dnsmessage.MustNewName("one.test.")}},
		"_sip._udp.plain.test.":  {srv(20, 0, 5080, "dual.test."), srv(10, 0, 5070, "one.test.")},
		"_sips._tcp.plain.test.": {srv(0, 0, 5081, "two.test.")},
		"_sip._udp.alias.test.":  {srv(0, 0, 5070, "alias.test.")},
		"_sip._udp.six.test.":    {srv(0, 0, 5070, "six.test.")},
		"_sip._udp.many.test.":   many,
		"_sip._udp.half.test.":   {srv(10, 0, 5070, "gone.test."), srv(20, 0, 5080, "one.test.")},
		"_sip._udp.lost.test.":   {srv(10, 0, 5070, "gone.test.")},
		"lost.test.":             {ip("10.0.0.8")},
		"_sip._udp.closed.test.": {srv(0, 0, 0, ".")},
		"closed.test.":           {ip("10.0.0.9")},
	})
	for _, tt := range []struct {
		host, transport string
		port            int // said; 0 = the DNS may say
		want            string
	}{
		{"plain.test", "UDP", 0, "[10.0.0.1:5070 10.0.0.7:5080]"},
		{"PLAIN.test", "TLS", 0, "[10.0.0.2:5081 10.0.0.3:5081]"},
		{"two.test", "UDP", 0, "[10.0.0.2:5060 10.0.0.3:5060]"},
		{"two.test", "TCP", 7, "[10.0.0.2:7 10.0.0.3:7]"},
		{"alias.test", "UDP", 0, "[10.0.0.1:5070]"},
		{"six.test", "UDP", 0, "[[2001:db8::6]:5070]"},
		{"half.test", "UDP", 0, "[10.0.0.1:5080]"},
		{"many.test", "UDP", 0, "[10.0.0.1:1 10.0.0.1:2 10.0.0.1:3 10.0.0.1:4 10.0.0.1:5 10.0.0.1:6]"},
		{"closed.test", "UDP", 0, "resolve closed.test: its DNS says that it offers no SIP by UDP; choose another transport"},
		{"lost.test", "UDP", 0, "no server of lost.test is found: resolve gone.test: "},
		{"plain.test", "TCP", 0, "check the name and the transport: the DNS names no server of it for TCP"},
		{"nowhere.test", "UDP", 7, "no such host; check the name"},
	} {
		t.Run(tt.host+" "+tt.transport, func(t *testing.T) {
			a, err := New(Params{Log: slog.New(slog.DiscardHandler)})
			require.NoError(t, err)
			dns.use(a)
			h := hop{transport: tt.transport}
			h.at(tt.host, tt.port)
			got, err := a.addresses(t.Context(), h)
			if tt.want[0] != '[' {
				require.ErrorContains(t, err, tt.want)
				require.Equal(t, gateway.EndUnreachable, endingOf(err))
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, fmt.Sprint(got))
		})
	}
}

// TestDNSFallsSilent: who has been found is found again, although nobody can be asked.
func TestDNSFallsSilent(t *testing.T) {
	p, r := udpPeer(t), newRecorder(t)
	dns := serveDNS(t, map[string][]dnsmessage.ResourceBody{
		"_sip._udp.sip.test.": {srv(0, 0, int(p.addr.Port()), "server.test.")},
		"server.test.":        {ip("127.0.0.1")},
	})
	a := startAgent(t, dns.use, func(a *Agent) { a.timing.resolve = 500 * time.Millisecond })
	acc := gateway.Account{Login: "alice", Password: "secret", Domain: "sip.test"}
	done := register(t, a, acc)
	p.reply(p.expect(sip.REGISTER), 200)
	require.NoError(t, <-done)

	dns.still.Store(true)
	a.directory.age(fresh + time.Second)
	dial(a, r, acc)
	p.reply(p.expect(sip.INVITE), 486)
	require.Equal(t, 486, next[Failed](r).Status)

	dial(a, r, gateway.Account{Login: "alice", Domain: "another.test"})
	failed := next[Failed](r)
	require.Equal(t, gateway.EndUnreachable, failed.Cause)
	require.Contains(t, failed.Reason, "resolve another.test: ")
	require.Contains(t, failed.Reason, "; check the network and its name servers")

	a.directory.age(stale)
	require.Equal(t, "0", header(closeNow(t, a, p), "Expires").Value(), "taken back where it is, whatever the DNS says")
}

// fleeting is a DNS that answers once.
type fleeting struct {
	book
	asked *int
}

func (f fleeting) LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if *f.asked++; *f.asked > 1 {
		return "", nil, &net.DNSError{IsTimeout: true}
	}
	return f.book.LookupSRV(ctx, service, proto, name)
}

// TestSilentDNSIsNotAskedAgainAtOnce: not every call waits for it.
func TestSilentDNSIsNotAskedAgainAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dns := fleeting{asked: new(int), book: book{
			srv:   map[string][]*net.SRV{"_sip._udp.sip.test": {{Target: "a.test.", Port: 7}}},
			hosts: map[string]string{"a.test": "10.0.0.1"},
		}}
		a, err := New(Params{Resolver: dns, Log: slog.New(slog.DiscardHandler)})
		require.NoError(t, err)
		for _, step := range []struct {
			after time.Duration
			asked int
		}{{0, 1}, {fresh / 2, 1}, {fresh, 2}, {recheck / 2, 2}, {recheck, 3}} {
			time.Sleep(step.after)
			got, err := a.addresses(t.Context(), hop{transport: "UDP", host: "sip.test", port: 5060, open: true})
			require.NoError(t, err)
			require.Equal(t, "[10.0.0.1:7]", fmt.Sprint(got))
			require.Equal(t, step.asked, *dns.asked)
		}
		time.Sleep(stale)
		_, err = a.addresses(t.Context(), hop{transport: "UDP", host: "sip.test", port: 5060, open: true})
		require.ErrorContains(t, err, "resolve sip.test: ", "a day is enough")
		require.ErrorContains(t, err, "check the network and its name servers", "who was not asked has not said no")
	})
}

// age makes what the directory knows older.
func (d *directory) age(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for p, f := range d.known {
		f.at, f.silent = f.at.Add(-by), f.silent.Add(-by)
		d.known[p] = f
	}
}

// noServers is a DNS as in some routers, which know no SRV records and let the question lie.
type noServers struct{ book }

func (noServers) LookupSRV(context.Context, string, string, string) (string, []*net.SRV, error) {
	return "", nil, &net.DNSError{IsTimeout: true}
}

func TestDNSWithoutServiceRecords(t *testing.T) {
	dns := noServers{book{hosts: map[string]string{"sip.test": "10.0.0.1"}}}
	a, err := New(Params{Resolver: dns, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	got, err := a.addresses(t.Context(), hop{transport: "UDP", host: "sip.test", port: 5060, open: true})
	require.NoError(t, err)
	require.Equal(t, "[10.0.0.1:5060]", fmt.Sprint(got))
}

func TestServersKeepTheirOrder(t *testing.T) {
	one, two, three := net.SRV{Target: "one.", Weight: 1}, net.SRV{Target: "two.", Weight: 1}, net.SRV{Target: "three.", Weight: 1}
	before := found{records: []net.SRV{one, two}}
	require.Equal(t, []net.SRV{one, two}, before.inOrder([]net.SRV{two, one}))
	require.Equal(t, []net.SRV{two, three}, before.inOrder([]net.SRV{two, three}))
	require.Equal(t, []net.SRV{three, two, one}, before.inOrder([]net.SRV{three, two, one}))
}

// TestPreferredServerIsReturnedTo: a server that was silent comes last for a while, and then where the DNS has it.
func TestPreferredServerIsReturnedTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := netip.MustParseAddrPort("10.0.0.1:1"), netip.MustParseAddrPort("10.0.0.2:1")
		s, all := newSilent(), func() []netip.AddrPort { return []netip.AddrPort{first, second} }
		s.note(first, false)
		require.Equal(t, []netip.AddrPort{second, first}, s.last(all()))
		time.Sleep(silence)
		require.Equal(t, []netip.AddrPort{first, second}, s.last(all()))
		s.note(first, false)
		s.note(first, true)
		require.Equal(t, []netip.AddrPort{first, second}, s.last(all()))
	})
}

// TestSilentServerHasItsTurn: a server that says nothing does not hold up a call for as long as RFC 3261 has it, and if it
// wakes up later it rings nobody.
func TestSilentServerHasItsTurn(t *testing.T) {
	one, two, r := udpPeer(t), udpPeer(t), newRecorder(t)
	dns := book{
		srv:   map[string][]*net.SRV{"_sip._udp.sip.test": {serverAt(one), serverAt(two)}},
		hosts: map[string]string{"server.test": "127.0.0.1"},
	}
	a := startAgent(t, dns.use, func(a *Agent) { a.timing.turn = 5 * testT1 })
	d := dial(a, r, gateway.Account{Login: "alice", Domain: "sip.test"})
	slow := one.expect(sip.INVITE)
	establish(two, r)
	one.reply(slow, 180)
	one.reply(one.expect(sip.CANCEL), 200)
	one.replyBody(slow, 200, answer) // it crossed the CANCEL
	one.expect(sip.ACK)
	one.reply(one.expect(sip.BYE), 200)
	require.NotNil(t, d.session(), "the call is with the other")
	hangup(two, r, d)
}

// TestServerThatRingsIsWaitedFor: a turn is over with the first sign of life.
func TestServerThatRingsIsWaitedFor(t *testing.T) {
	one, two, r := udpPeer(t), udpPeer(t), newRecorder(t)
	dns := book{
		srv:   map[string][]*net.SRV{"_sip._udp.sip.test": {serverAt(one), serverAt(two)}},
		hosts: map[string]string{"server.test": "127.0.0.1"},
	}
	a := startAgent(t, dns.use, func(a *Agent) { a.timing.turn = 30 * testT1 })
	d := dial(a, r, gateway.Account{Login: "alice", Domain: "sip.test"})
	inv := one.expect(sip.INVITE)
	one.reply(inv, 180)
	next[Provisional](r)
	two.expectNothing(sip.INVITE, 35*testT1)
	one.replyBody(inv, 200, answer)
	one.expect(sip.ACK)
	next[Answered](r)
	hangup(one, r, d)
}

// TestProxyFoundByTheDNSIsNamedWithoutPort: it listens where its record says, and would not know itself by another port.
func TestProxyFoundByTheDNSIsNamedWithoutPort(t *testing.T) {
	p := udpPeer(t)
	dns := book{
		srv:   map[string][]*net.SRV{"_sip._udp.proxy.test": {serverAt(p)}},
		hosts: map[string]string{"server.test": "127.0.0.1"},
	}
	a := startAgent(t, dns.use)
	done := register(t, a, gateway.Account{Login: "alice", Domain: "sip.test", OutboundProxy: "proxy.test"})
	m := p.expect(sip.REGISTER)
	require.Equal(t, "<sip:proxy.test;lr>", m.request().Route().Value())
	p.reply(m, 403)
	require.Error(t, <-done)
}
