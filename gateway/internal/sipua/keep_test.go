package sipua

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// keeper keeps an account registered for a test.
type keeper struct {
	t     *testing.T
	news  chan Standing
	leave context.CancelFunc
	gone  chan struct{}
}

func keep(t *testing.T, a *Agent, acc gateway.Account) *keeper {
	t.Helper()
	ctx, leave := context.WithCancel(context.Background())
	k := &keeper{t: t, news: make(chan Standing, 16), leave: leave, gone: make(chan struct{})}
	go func() {
		defer close(k.gone)
		a.KeepRegistered(ctx, acc, func(s Standing) { k.news <- s })
	}()
	t.Cleanup(leave)
	return k
}

func (k *keeper) next() Standing {
	k.t.Helper()
	select {
	case s := <-k.news:
		return s
	case <-time.After(patience):
		require.FailNow(k.t, "no news of the registration")
		return Standing{}
	}
}

// left lets go and answers the REGISTER that takes the binding back.
func (k *keeper) left(p *peer) message {
	k.t.Helper()
	k.leave()
	m := p.expect(sip.REGISTER)
	require.Equal(k.t, "0", header(m, "Expires").Value())
	p.reply(m, 200)
	<-k.gone
	return m
}

func TestKeptRegistration(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	k := keep(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 200, "Expires: 2")
	up := k.next()
	require.True(t, up.Up)
	require.Equal(t, 200, up.Status)
	require.WithinDuration(t, time.Now().Add(2*time.Second), up.Expires, time.Second)

	p.reply(p.expect(sip.REGISTER), 200, "Expires: 3000")
	longer := k.next()
	require.WithinDuration(t, time.Now().Add(3000*time.Second), longer.Expires, patience)

	another := p.account()
	another.Codecs, another.SRTP = "PCMU", gateway.SRTPOptional // of no interest to the registrar
	second := keep(t, a, another)
	require.Equal(t, longer, second.next(), "one registration for both")
	require.NoError(t, a.Register(t.Context(), p.account()))
	k.leave()
	<-k.gone
	p.expectNothing(sip.REGISTER, 2*testT1)
	second.left(p)

	again := keep(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 200)
	require.True(t, again.next().Up)
	again.left(p)
}

// TestKeptAlthoughRefused: what keeps an account registered does not give up, and tells what the registrar says.
func TestKeptAlthoughRefused(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	k := keep(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 503)
	require.Equal(t, Standing{Status: 503, Text: "503 Status503"}, k.next())
	p.reply(p.expect(sip.REGISTER), 200, "Expires: 2")
	require.True(t, k.next().Up)
	p.reply(p.expect(sip.REGISTER), 403) // the refresh
	require.Equal(t, Standing{Status: 403, Text: "403 Status403", Cause: gateway.EndAuth}, k.next())
	p.reply(p.expect(sip.REGISTER), 200)
	require.True(t, k.next().Up)
	k.left(p)
}

func TestRetryAfterIsHeeded(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	k := keep(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 503, "Retry-After: 2 (maintenance);duration=60")
	refused := time.Now()
	k.next()
	require.ErrorContains(t, a.Register(t.Context(), p.account()), "503", "nor does a call ask")
	m := p.expect(sip.REGISTER)
	require.GreaterOrEqual(t, time.Since(refused), 1900*time.Millisecond)
	p.reply(m, 200)
	require.True(t, k.next().Up)
	k.left(p)
}

func TestPausesGrow(t *testing.T) {
	r := &registration{agent: &Agent{timing: defaultTiming()}, pause: 5 * time.Second}
	for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 300, 300} {
		want *= time.Second
		got := r.backOff()
		require.GreaterOrEqual(t, got, want)
		require.LessOrEqual(t, got, want+want/jitter)
	}
}

func TestLostConnectionIsToldAtOnce(t *testing.T) {
	a, p := startAgent(t, func(a *Agent) { a.timing.retryMin = 300 * time.Millisecond }), tcpPeer(t)
	k := keep(t, a, p.account())
	first := p.expect(sip.REGISTER)
	p.reply(first, 200)
	require.True(t, k.next().Up)
	p.cut(first.from)
	require.Equal(t, Standing{Text: "the connection to the registrar is lost"}, k.next())
	p.reply(p.expect(sip.REGISTER), 200)
	require.True(t, k.next().Up)
	k.left(p)
}

// TestRegisteringIsGivenUp: nobody waits for a registrar that is silent.
func TestRegisteringIsGivenUp(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	k := keep(t, a, p.account())
	p.expect(sip.REGISTER)
	k.left(p)
	require.Empty(t, k.news)
}

// TestSleepIsNoticed: timers stand still while a machine sleeps, the clock on the wall does not.
func TestSleepIsNoticed(t *testing.T) {
	a := startAgent(t)
	r := &registration{agent: a, tried: true, due: time.Now().Add(time.Minute).Round(0)}
	require.False(t, r.beat())
	r.due = r.due.Add(-time.Hour)
	require.True(t, r.beat())
}

// packets are the datagrams other than SIP that arrive at a socket.
func packets(t *testing.T) (*net.UDPConn, <-chan string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:0")))
	require.NoError(t, err)
	seen := make(chan string, 64)
	go func() {
		defer close(seen)
		buf := make([]byte, 2048)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			seen <- string(buf[:n])
		}
	}()
	t.Cleanup(func() {
		_ = conn.Close()
		for range seen {
		}
	})
	return conn, seen
}

func TestPingKeepsTheWayOpen(t *testing.T) {
	a := startAgent(t)
	conn, seen := packets(t)
	r := &registration{agent: a, up: true, via: via{transport: "UDP", remote: conn.LocalAddr().(*net.UDPAddr).AddrPort()}}
	require.False(t, r.beat())
	require.Equal(t, "\r\n\r\n", <-seen)
	r.up = false
	require.False(t, r.beat())
	r.up, r.via.transport = true, "TCP"
	require.False(t, r.beat())
	require.Empty(t, seen)
}

// TestBehindNAT: the registrar sees us elsewhere, so we say so, here and in calls, and take back what we said before.
func TestBehindNAT(t *testing.T) {
	for _, start := range []func(*testing.T) *peer{udpPeer, tcpPeer} {
		a, p, r := startAgent(t), start(t), newRecorder(t)
		k := keep(t, a, p.account())
		first := p.expect(sip.REGISTER)
		p.replySeen(first, "198.51.100.7", "40001")
		second := p.expect(sip.REGISTER)
		contacts := second.GetHeaders("Contact")
		require.Len(t, contacts, 2)
		require.Contains(t, contacts[0].Value(), "<sip:alice@198.51.100.7:40001")
		require.Equal(t, first.request().Contact().Value()+";expires=0", contacts[1].Value())
		p.replySeen(second, "198.51.100.7", "40001")
		require.True(t, k.next().Up)
		p.expectNothing(sip.REGISTER, 2*testT1)

		d := dial(a, r, p.account())
		inv := p.expect(sip.INVITE)
		require.Contains(t, inv.request().Contact().Value(), "<sip:alice@198.51.100.7:40001")
		p.reply(inv, 486)
		next[Failed](r)
		<-d.done
		last := k.left(p)
		require.Len(t, last.GetHeaders("Contact"), 1)
	}
}

// replySeen agrees to a REGISTER and says where it came from.
func (p *peer) replySeen(m message, ip, port string) {
	via := m.Via().Value()
	seen := strings.Replace(via, ";rport", ";rport="+port+";received="+ip, 1)
	require.NotEqual(p.t, via, seen)
	lines := []string{
		"SIP/2.0 200 OK", "Via: " + seen, "From: " + m.From().Value(), "To: " + m.To().Value() + ";tag=x",
		"Call-ID: " + m.CallID().Value(), "CSeq: " + m.CSeq().Value(), "Content-Length: 0", "", "",
	}
	p.send(m.from, []byte(strings.Join(lines, "\r\n")))
}

func TestWhereWeAreSeen(t *testing.T) {
	udp := via{transport: "UDP", remote: netip.MustParseAddrPort("203.0.113.1:5060")}
	tcp := via{transport: "TCP", remote: udp.remote}
	home, public := netip.MustParseAddrPort("192.168.1.5:5060"), netip.MustParseAddrPort("198.51.100.9:5060")
	for name, tt := range map[string]struct {
		to             via
		local          netip.AddrPort
		received, port string
		want           string // empty: nothing is learned
	}{
		"not behind anything":      {udp, home, "", "5060", ""},
		"says nothing":             {udp, home, "", "", ""},
		"another port":             {udp, home, "", "1024", "192.168.1.5:1024"},
		"another address":          {udp, home, "198.51.100.7", "1024", "198.51.100.7:1024"},
		"port of a connection":     {tcp, home, "192.168.1.5", "40000", ""},
		"connection from outside":  {tcp, home, "198.51.100.7", "40000", "198.51.100.7:40000"},
		"before the registrar":     {udp, public, "10.0.0.1", "1024", ""},
		"version six, in brackets": {udp, home, "[2001:db8::7]", "1024", "[2001:db8::7]:1024"},
		"nonsense":                 {udp, home, "over there", "1024", ""},
		"nonsense port":            {udp, home, "198.51.100.7", "65536", ""},
	} {
		t.Run(name, func(t *testing.T) {
			n, v := newNAT(false), &sip.ViaHeader{Host: "h"}
			if tt.received != "" {
				v.Params.Add("received", tt.received)
			}
			v.Params.Add("rport", tt.port)
			require.Equal(t, tt.want != "", n.seen(tt.to, tt.local, v))
			want := tt.local.String()
			if tt.want != "" {
				want = tt.want
			}
			require.Equal(t, want, n.outside(tt.to, tt.local).String())
			n.forget(tt.to)
			require.Equal(t, tt.local, n.outside(tt.to, tt.local))
			require.False(t, newNAT(true).seen(tt.to, tt.local, v), "what is configured counts")
		})
	}
}
