package sipua

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// certificate is one for a name, signed by itself.
func certificate(t *testing.T, name string, change ...func(*x509.Certificate)) (tls.Certificate, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	for _, c := range change {
		c(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	parsed, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, parsed
}

func fingerprint(c *x509.Certificate) string { return fmt.Sprintf("%x", sha256.Sum256(c.Raw)) }

// names notes the server names that clients ask for.
type names struct {
	mu   sync.Mutex
	seen []string
}

func (n *names) list() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string(nil), n.seen...)
}

func tlsPeer(t *testing.T, cert tls.Certificate) (*peer, *names) {
	t.Helper()
	n := new(names)
	p := streamPeer(t, "TLS", "127.0.0.1:0", func(l net.Listener) net.Listener {
		return tls.NewListener(l, &tls.Config{
			MinVersion: tls.VersionTLS12,
			GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
				n.mu.Lock()
				defer n.mu.Unlock()
				n.seen = append(n.seen, hello.ServerName)
				return &cert, nil
			},
		})
	})
	return p, n
}

// book is the DNS of a test.
type book struct {
	srv   map[string][]*net.SRV // by _service._proto.name
	hosts map[string]string
}

func (b book) LookupSRV(_ context.Context, service, proto, name string) (string, []*net.SRV, error) {
	if found := b.srv["_"+service+"._"+proto+"."+name]; found != nil {
		return name, found, nil
	}
	return "", nil, &net.DNSError{Name: name, IsNotFound: true}
}

func (b book) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	if ip := b.hosts[strings.TrimSuffix(host, ".")]; ip != "" {
		return []netip.Addr{netip.MustParseAddr(ip)}, nil
	}
	return nil, &net.DNSError{Name: host, IsNotFound: true}
}

func (b book) use(a *Agent) { a.params.Resolver = b }

func serverAt(p *peer) *net.SRV { return &net.SRV{Target: "server.test.", Port: p.addr.Port()} }

func TestCallOverTLS(t *testing.T) {
	cert, root := certificate(t, "sip.test")
	roots := x509.NewCertPool()
	roots.AddCert(root)
	for name, tt := range map[string]struct {
		roots *x509.CertPool
		proof gateway.AccountTLS
		asks  string
	}{
		"authority":     {roots, gateway.AccountTLS{}, "sip.test"},
		"pinned":        {nil, gateway.AccountTLS{Pin: fingerprint(root)}, "sip.test"},
		"pinned, named": {nil, gateway.AccountTLS{ServerName: "elsewhere.test", Pin: strings.ToUpper(fingerprint(root))}, "elsewhere.test"},
	} {
		t.Run(name, func(t *testing.T) {
			p, seen := tlsPeer(t, cert)
			dns := book{
				srv:   map[string][]*net.SRV{"_sips._tcp.sip.test": {serverAt(p)}},
				hosts: map[string]string{"server.test": "127.0.0.1"},
			}
			a, r := startAgent(t, dns.use, func(a *Agent) { a.params.Roots = tt.roots }), newRecorder(t)
			acc := gateway.Account{Login: "alice", Domain: "sip.test", Transport: "tls", TLS: tt.proof}
			d := dial(a, r, acc)
			inv := p.expect(sip.INVITE)
			require.Equal(t, "TLS", inv.Via().Transport)
			require.Equal(t, "sip:bob@sip.test", inv.request().Recipient.String())
			require.Equal(t, fmt.Sprintf("<sip:alice@%s;transport=tls>", inv.from), inv.request().Contact().Value(),
				"only on this connection can we be reached")
			p.replyBody(inv, 200, answer)
			p.expect(sip.ACK)
			next[Answered](r)
			p.ask(inv, "INFO", 1, "5", "Content-Type: application/dtmf")
			require.Equal(t, "5", string(next[InfoReceived](r).Body))
			hangup(p, r, d)
			require.Equal(t, []string{tt.asks}, seen.list(), "one connection, to the domain and not the server")
		})
	}
}

func TestServerIsNotTrusted(t *testing.T) {
	good, root := certificate(t, "sip.test")
	other, otherRoot := certificate(t, "other.test")
	old, oldRoot := certificate(t, "sip.test", func(c *x509.Certificate) {
		c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(-time.Hour)
	})
	early, earlyRoot := certificate(t, "sip.test", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(30 * time.Minute) })
	for name, tt := range map[string]struct {
		shows tls.Certificate
		trust []*x509.Certificate
		proof gateway.AccountTLS
		ends  gateway.EndReason
		want  string
	}{
		"unknown authority": {good, nil, gateway.AccountTLS{}, gateway.EndAuthority, `its authority "" is not known here; name its certificate in sip_tls_ca, or pin the server's`},
		"another authority": {good, []*x509.Certificate{otherRoot}, gateway.AccountTLS{}, gateway.EndAuthority, "is not known here"},
		"other name":        {other, []*x509.Certificate{otherRoot}, gateway.AccountTLS{}, gateway.EndServerName, "it is for other.test and not for sip.test"},
		"other server name": {good, []*x509.Certificate{root}, gateway.AccountTLS{ServerName: "x.test"}, gateway.EndServerName, "it is for sip.test and not for x.test"},
		"expired":           {old, []*x509.Certificate{oldRoot}, gateway.AccountTLS{}, gateway.EndExpired, "it expired on 20"},
		"not valid yet":     {early, []*x509.Certificate{earlyRoot}, gateway.AccountTLS{}, gateway.EndExpired, "check the clock of this machine"},
		"other pin":         {good, []*x509.Certificate{root}, gateway.AccountTLS{Pin: fingerprint(otherRoot)}, gateway.EndPin, "another one than was pinned: its SHA-256 is " + fingerprint(root)},
	} {
		t.Run(name, func(t *testing.T) {
			p, _ := tlsPeer(t, tt.shows)
			dns := book{hosts: map[string]string{"sip.test": "127.0.0.1"}}
			a, r := startAgent(t, dns.use, func(a *Agent) {
				if tt.trust != nil {
					a.params.Roots = x509.NewCertPool()
					for _, c := range tt.trust {
						a.params.Roots.AddCert(c)
					}
				}
			}), newRecorder(t)
			acc := gateway.Account{Login: "alice", Domain: "sip.test", Port: int(p.addr.Port()), Transport: "tls", TLS: tt.proof}
			dial(a, r, acc)
			failed := next[Failed](r)
			require.Equal(t, tt.ends, failed.Cause)
			require.Contains(t, failed.Reason, tt.want)
			err := a.Register(t.Context(), acc)
			require.ErrorContains(t, err, tt.want)
			require.Equal(t, tt.ends, standingOf(err).Cause)
			require.Empty(t, p.in)
		})
	}
}

func TestServerDoesNotSpeakTLS(t *testing.T) {
	p := streamPeer(t, "TCP", "127.0.0.1:0", func(l net.Listener) net.Listener { return greeter{l} })
	a := startAgent(t)
	acc := p.account()
	acc.Transport = "tls"
	err := a.Register(t.Context(), acc)
	require.ErrorContains(t, err, "tls with 127.0.0.1: the server does not speak TLS on this port")
	require.Equal(t, gateway.EndNotTLS, standingOf(err).Cause)
}

// greeter says something else than TLS on every connection.
type greeter struct{ net.Listener }

func (g greeter) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err == nil {
		_, err = c.Write([]byte("220 mail.test ESMTP\r\n"))
	}
	return c, err
}

// TestTrustIsTheAccountsOwn: what one account trusts is of no help to another, even when the connection is up.
func TestTrustIsTheAccountsOwn(t *testing.T) {
	cert, root := certificate(t, "sip.test")
	p, seen := tlsPeer(t, cert)
	dns := book{hosts: map[string]string{"sip.test": "127.0.0.1"}}
	a := startAgent(t, dns.use)
	acc := gateway.Account{Login: "alice", Domain: "sip.test", Port: int(p.addr.Port()), Transport: "tls"}
	require.ErrorContains(t, a.Register(t.Context(), acc), "not known here")
	pinned := acc
	pinned.TLS.Pin = fingerprint(root)
	done := register(t, a, pinned)
	p.reply(p.expect(sip.REGISTER), 200)
	require.NoError(t, <-done)
	require.ErrorContains(t, a.Register(t.Context(), acc), "not known here")
	wrong := acc
	wrong.TLS.Pin = strings.Repeat("0", 64)
	require.ErrorContains(t, a.Register(t.Context(), wrong), "another one than was pinned")
	require.Len(t, seen.list(), 4)
	closeNow(t, a, p)
}

func TestSecureAddress(t *testing.T) {
	cert, root := certificate(t, "sip.test")
	p, _ := tlsPeer(t, cert)
	dns := book{hosts: map[string]string{"sip.test": "127.0.0.1"}}
	a, r := startAgent(t, dns.use), newRecorder(t)
	d := dial(a, r, gateway.Account{Login: "alice", Domain: "sip.test", TLS: gateway.AccountTLS{Pin: fingerprint(root)}}, func(ip *InviteParams) {
		ip.Callee = fmt.Sprintf("sips:bob@sip.test:%d", p.addr.Port())
	})
	inv := p.expect(sip.INVITE)
	require.Equal(t, fmt.Sprintf("<sips:alice@%s>", inv.from), inv.request().Contact().Value())
	p.replyBody(inv, 200, answer, fmt.Sprintf("Contact: <sips:callee@%s>", p.addr))
	require.Equal(t, fmt.Sprintf("sips:callee@%s", p.addr), p.expect(sip.ACK).request().Recipient.String())
	next[Answered](r)
	hangup(p, r, d)
}

func TestAddressesInVersionSix(t *testing.T) {
	for _, network := range []string{"UDP", "TCP"} {
		t.Run(network, func(t *testing.T) {
			a, r := startAgent(t, func(a *Agent) { a.params.Host = "::1" }), newRecorder(t)
			var p *peer
			if network == "UDP" {
				p = packetPeer(t, "[::1]:0")
			} else {
				p = streamPeer(t, "TCP", "[::1]:0", nil)
			}
			acc := p.account()
			acc.Domain = "[::1]"
			d := dial(a, r, acc)
			inv := p.expect(sip.INVITE)
			require.Equal(t, fmt.Sprintf("sip:bob@%s", p.addr), inv.request().Recipient.String())
			require.Contains(t, inv.raw, "Via: SIP/2.0/"+network+" "+a.Addr().String()+";")
			require.Contains(t, inv.raw, "Contact: <sip:alice@"+a.Addr().String())
			require.Contains(t, inv.raw, "From: \"Al \\\"Ice\\\"\" <sip:alice@[::1]>")
			p.replyBody(inv, 200, answer)
			p.expect(sip.ACK)
			next[Answered](r)
			hangup(p, r, d)
		})
	}
}

func TestConnectionIsKeptAlive(t *testing.T) {
	a := startAgent(t, func(a *Agent) { a.timing.ping, a.timing.pong = 50*time.Millisecond, 300*time.Millisecond })
	p := streamPeer(t, "TCP", "127.0.0.1:0", nil)
	done := register(t, a, p.account())
	first := p.expect(sip.REGISTER)
	p.reply(first, 200)
	require.NoError(t, <-done)
	require.Eventually(t, func() bool { return p.pings.Load() > 2 }, patience, 10*time.Millisecond)
	p.send(first.from, []byte("\r\n")) // from now on silence counts
	again := p.expect(sip.REGISTER)
	require.NotEqual(t, first.from.String(), again.from.String(), "on a new connection")
	require.Equal(t, first.CallID().Value(), again.CallID().Value())
	p.reply(again, 200)
	closeNow(t, a, p)
}

func TestLostConnectionIsRegisteredAgain(t *testing.T) {
	a, p := startAgent(t), tcpPeer(t)
	done := register(t, a, p.account())
	first := p.expect(sip.REGISTER)
	p.reply(first, 200)
	require.NoError(t, <-done)
	p.cut(first.from)
	again := p.expect(sip.REGISTER)
	require.NotEqual(t, first.from.String(), again.from.String())
	p.reply(again, 200)
	closeNow(t, a, p)
}

func TestNextServerIsTried(t *testing.T) {
	for name, fail := range map[string]func(p *peer){
		"unavailable": func(p *peer) { p.reply(p.expect(sip.REGISTER), 503) },
		"silent":      func(p *peer) { p.expect(sip.REGISTER) },
	} {
		t.Run(name, func(t *testing.T) {
			one, two := udpPeer(t), udpPeer(t)
			dns := book{
				srv:   map[string][]*net.SRV{"_sip._udp.sip.test": {serverAt(one), serverAt(two)}},
				hosts: map[string]string{"server.test": "127.0.0.1"},
			}
			a, r := startAgent(t, dns.use), newRecorder(t)
			acc := gateway.Account{Login: "alice", Password: "secret", Domain: "sip.test"}
			done := register(t, a, acc)
			fail(one)
			m := two.expect(sip.REGISTER)
			require.Equal(t, "sip:sip.test", m.request().Recipient.String())
			two.reply(m, 200, "Expires: 2")
			require.NoError(t, <-done)
			two.reply(two.expect(sip.REGISTER), 200, "Expires: 60") // who failed is not asked first again

			dial(a, r, acc)
			two.reply(two.expect(sip.INVITE), 486)
			require.Equal(t, 486, next[Failed](r).Status)
			closeNow(t, a, two)
		})
	}
}

// both is a DNS in which every host has an address of either version.
type both struct{ book }

func (both) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) {
	return []netip.Addr{netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("10.0.0.1")}, nil
}

func TestAddressOfTheSocketsVersion(t *testing.T) {
	for host, want := range map[string]string{"": "10.0.0.1", "127.0.0.1": "10.0.0.1", "::1": "2001:db8::1"} {
		a := startAgent(t, func(a *Agent) { a.params.Host, a.params.Resolver = host, both{} })
		got, err := a.lookup(t.Context(), "sip.test")
		require.NoError(t, err)
		require.Equal(t, "["+want+"]", fmt.Sprint(got), host)
	}
}

// TestServerOfTheOtherVersion: what no socket of ours can reach is told with the setting that is in the way.
func TestServerOfTheOtherVersion(t *testing.T) {
	dns := book{
		srv:   map[string][]*net.SRV{"_sip._udp.domain.test": {{Target: "six.test.", Port: 5060}}},
		hosts: map[string]string{"six.test": "2001:db8::1", "four.test": "192.0.2.1"},
	}
	for _, tt := range []struct{ host, server string }{
		{"127.0.0.1", "six.test"}, {"127.0.0.1", "[2001:db8::1]"}, {"127.0.0.1", "domain.test"}, {"::1", "four.test"}, {"::1", "192.0.2.1"},
	} {
		a, r := startAgent(t, dns.use, func(a *Agent) { a.params.Host = tt.host }), newRecorder(t)
		acc := gateway.Account{Login: "alice", Domain: tt.server}
		_, err := a.LocalIP(acc)
		require.ErrorContains(t, err, "no address of the version that sip_host "+tt.host+" has; give sip_host an address of the other version")
		dial(a, r, acc)
		require.Equal(t, gateway.EndFamily, next[Failed](r).Cause, tt)
		require.Equal(t, gateway.EndFamily, standingOf(a.Register(t.Context(), acc)).Cause, tt)
	}
}

func TestServersOfADomain(t *testing.T) {
	many := make([]*net.SRV, 20)
	for i := range many {
		many[i] = &net.SRV{Target: "b.test.", Port: uint16(i + 1)}
	}
	dns := book{
		srv: map[string][]*net.SRV{
			"_sip._tcp.sip.test": {{Target: "gone.test.", Port: 1}, {Target: "a.test.", Port: 2}},
			"_sip._udp.big.test": many,
			"_sip._udp.no.test":  {{Target: ".", Port: 0}},
		},
		hosts: map[string]string{"a.test": "10.0.0.1", "b.test": "2001:db8::1", "sip.test": "10.0.0.3", "no.test": "10.0.0.4"},
	}
	a, err := New(Params{Resolver: dns, Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	for _, c := range []struct {
		hop  hop
		want string
	}{
		{hop{transport: "TCP", host: "sip.test", port: 5060, open: true}, "[10.0.0.1:2]"},
		{hop{transport: "TCP", host: "sip.test", port: 7}, "[10.0.0.3:7]"},
		{hop{transport: "UDP", host: "sip.test", port: 5060, open: true}, "[10.0.0.3:5060]"},
		{hop{transport: "UDP", host: "10.1.1.1", port: 5060, open: true}, "[10.1.1.1:5060]"},
		{hop{transport: "UDP", host: "::1", port: 5060, open: true}, "[[::1]:5060]"},
	} {
		got, err := a.addresses(t.Context(), c.hop)
		require.NoError(t, err)
		require.Equal(t, c.want, fmt.Sprint(got))
	}
	got, err := a.addresses(t.Context(), hop{transport: "UDP", host: "big.test", open: true})
	require.NoError(t, err)
	require.Len(t, got, maxServers)
	_, err = a.addresses(t.Context(), hop{transport: "UDP", host: "nowhere.test", open: true})
	require.ErrorContains(t, err, "nowhere.test")
}
