package sipua

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

const patience = 20 * time.Second

const (
	offer  = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=offer\r\n"
	answer = "v=0\r\no=- 2 2 IN IP4 127.0.0.1\r\ns=answer\r\n"
)

// startAgent runs an agent on loopback for one test.
func startAgent(t *testing.T, change ...func(*Agent)) *Agent {
	t.Helper()
	a, err := New(Params{Host: "127.0.0.1", UserAgent: "Callcast/test", RegisterExpiry: time.Minute, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))})
	require.NoError(t, err)
	a.timing.hangup = 2 * time.Second
	a.timing.retryMin = 100 * time.Millisecond
	a.timing.refreshMin = 0
	for _, c := range change {
		c(a)
	}
	require.NoError(t, a.Start())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, a.Close(ctx))
	})
	return a
}

// peer is the other side of a test, which plays its script by hand.
type peer struct {
	t       *testing.T
	network string
	addr    netip.AddrPort
	in      chan message
	send    func(to net.Addr, b []byte)
	cut     func(from net.Addr) // ends a connection
	pings   atomic.Uint64       // keep-alives that arrived

	mu   sync.Mutex
	seen map[string]bool
}

type message struct {
	sip.Message
	raw  string
	from net.Addr
}

func (m message) request() *sip.Request   { return m.Message.(*sip.Request) }
func (m message) response() *sip.Response { return m.Message.(*sip.Response) }

func udpPeer(t *testing.T) *peer {
	t.Helper()
	return packetPeer(t, "127.0.0.1:0")
}

func packetPeer(t *testing.T, at string) *peer {
	t.Helper()
	conn, err := net.ListenPacket("udp", at)
	require.NoError(t, err)
	p := &peer{
		t: t, network: "UDP", addr: conn.LocalAddr().(*net.UDPAddr).AddrPort(),
		in: make(chan message, 64), seen: make(map[string]bool),
		send: func(to net.Addr, b []byte) { _, _ = conn.WriteTo(b, to) },
	}
	var reader sync.WaitGroup
	reader.Go(func() {
		buf := make([]byte, 65535)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return
			}
			p.take(append([]byte(nil), buf[:n]...), from)
		}
	})
	t.Cleanup(func() { _ = conn.Close(); reader.Wait() })
	return p
}

func tcpPeer(t *testing.T) *peer {
	t.Helper()
	return streamPeer(t, "TCP", "127.0.0.1:0", nil)
}

// streamPeer listens for connections, wrapped by wrap if that is not nil.
func streamPeer(t *testing.T, network, at string, wrap func(net.Listener) net.Listener) *peer {
	t.Helper()
	l, err := net.Listen("tcp", at)
	require.NoError(t, err)
	if wrap != nil {
		l = wrap(l)
	}
	p := &peer{
		t: t, network: network, addr: l.Addr().(*net.TCPAddr).AddrPort(),
		in: make(chan message, 64), seen: make(map[string]bool),
	}
	conns := make(map[string]net.Conn)
	p.send = func(to net.Addr, b []byte) {
		p.mu.Lock()
		c := conns[to.String()]
		p.mu.Unlock()
		_, _ = c.Write(b)
	}
	p.cut = func(from net.Addr) {
		p.mu.Lock()
		defer p.mu.Unlock()
		_ = conns[from.String()].Close()
	}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.mu.Lock()
			conns[c.RemoteAddr().String()] = c
			p.mu.Unlock()
			tasks.Go(func() { p.readStream(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		p.mu.Unlock()
		tasks.Wait()
	})
	return p
}

func (p *peer) readStream(c net.Conn) {
	parser := sip.NewParser().NewSIPStream()
	buf := make([]byte, 4096)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		if string(buf[:n]) == "\r\n\r\n" {
			p.pings.Add(1)
		}
		_ = parser.ParseSIPStream(buf[:n], func(m sip.Message) { p.deliver(m, m.String(), c.RemoteAddr()) })
	}
}

func (p *peer) take(b []byte, from net.Addr) {
	m, err := sip.ParseMessage(b)
	if err != nil {
		return
	}
	p.deliver(m, string(b), from)
}

// deliver drops retransmissions, which a loaded machine makes at any time, except of ACK.
func (p *peer) deliver(m sip.Message, raw string, from net.Addr) {
	first, _, _ := strings.Cut(raw, "\r\n")
	branch, _ := m.Via().Params.Get("branch")
	key := first + branch + m.CSeq().Value()
	p.mu.Lock()
	known := p.seen[key]
	p.seen[key] = true
	p.mu.Unlock()
	if known && m.CSeq().MethodName != sip.ACK {
		return
	}
	select {
	case p.in <- message{m, raw, from}:
	default:
	}
}

// forget lets the peer see the next retransmission.
func (p *peer) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.seen)
}

// expect waits for a request, passing over other messages.
func (p *peer) expect(method sip.RequestMethod) message {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.in:
			if req, ok := m.Message.(*sip.Request); ok && req.Method == method {
				return m
			}
		case <-deadline:
			require.FailNow(p.t, "peer got no "+string(method))
		}
	}
}

func (p *peer) expectStatus(method sip.RequestMethod, status int) message {
	p.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m := <-p.in:
			if res, ok := m.Message.(*sip.Response); ok && res.CSeq().MethodName == method && res.StatusCode == status {
				return m
			}
		case <-deadline:
			require.FailNow(p.t, fmt.Sprintf("peer got no %d to %s", status, method))
		}
	}
}

// expectNothing fails if a request of the method arrives soon.
func (p *peer) expectNothing(method sip.RequestMethod, within time.Duration) {
	p.t.Helper()
	deadline := time.After(within)
	for {
		select {
		case m := <-p.in:
			if req, ok := m.Message.(*sip.Request); ok && req.Method == method {
				require.FailNow(p.t, "unexpected "+string(method), m.raw)
			}
		case <-deadline:
			return
		}
	}
}

const peerTag = "peer-tag"

// reply answers a request. Lines starting with a header name are added; an SDP may follow.
func (p *peer) reply(m message, status int, headers ...string) {
	p.replyBody(m, status, "", headers...)
}

func (p *peer) replyBody(m message, status int, body string, headers ...string) {
	p.replyTagged(m, status, peerTag, body, headers...)
}

func (p *peer) replyTagged(m message, status int, tag, body string, headers ...string) {
	req := m.request()
	to := req.To().Value()
	if tagOf(req.To().Params) == "" && status > 100 {
		to += ";tag=" + tag
	}
	lines := []string{fmt.Sprintf("SIP/2.0 %d Status%d", status, status)}
	for _, via := range req.GetHeaders("Via") {
		lines = append(lines, "Via: "+via.Value())
	}
	lines = append(lines, "From: "+req.From().Value(), "To: "+to, "Call-ID: "+req.CallID().Value(), "CSeq: "+req.CSeq().Value())
	hasContact := false
	for _, h := range headers {
		hasContact = hasContact || strings.HasPrefix(h, "Contact:")
	}
	if !hasContact {
		lines = append(lines, p.contact())
	}
	lines = append(lines, headers...)
	if body != "" {
		lines = append(lines, "Content-Type: application/sdp")
	}
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	p.send(m.from, []byte(strings.Join(lines, "\r\n")))
}

func (p *peer) contact() string {
	return fmt.Sprintf("Contact: <sip:callee@%s;transport=%s>", p.addr, strings.ToLower(p.network))
}

// ask sends a request inside the dialog that an INVITE of ours opened.
func (p *peer) ask(invite message, method string, cseq int, body string, headers ...string) {
	req := invite.request()
	target := req.Contact().Address
	lines := []string{
		fmt.Sprintf("%s %s SIP/2.0", method, target.String()),
		fmt.Sprintf("Via: SIP/2.0/%s %s;branch=%s", p.network, p.addr, sip.GenerateBranch()),
		"From: " + req.To().Value() + ";tag=" + peerTag,
		"To: " + req.From().Value(),
		"Call-ID: " + req.CallID().Value(),
		fmt.Sprintf("CSeq: %d %s", cseq, method),
		"Max-Forwards: 70",
	}
	lines = append(lines, headers...)
	lines = append(lines, fmt.Sprintf("Content-Length: %d", len(body)), "", body)
	p.send(invite.from, []byte(strings.Join(lines, "\r\n")))
}

// account is one that calls the peer directly.
func (p *peer) account() gateway.Account {
	return gateway.Account{
		Login: "alice", Password: "secret", Domain: p.addr.Addr().String(), Port: int(p.addr.Port()),
		Transport: gateway.Transport(strings.ToLower(p.network)),
	}
}

// recorder keeps the events of one dialog in order.
type recorder struct {
	t      *testing.T
	events chan Event
}

func newRecorder(t *testing.T) *recorder { return &recorder{t, make(chan Event, 64)} }

func (r *recorder) handle(ev Event) { r.events <- ev }

func next[E Event](r *recorder) E {
	r.t.Helper()
	select {
	case ev := <-r.events:
		got, ok := ev.(E)
		require.Truef(r.t, ok, "got event %T %+v", ev, ev)
		return got
	case <-time.After(patience):
		require.FailNow(r.t, fmt.Sprintf("no event %T", *new(E)))
	}
	panic("unreachable")
}

// silent fails if there is a further event: the last one was the last.
func (r *recorder) silent() {
	r.t.Helper()
	select {
	case ev := <-r.events:
		require.FailNow(r.t, "event after the last", "%T %+v", ev, ev)
	default:
	}
}

func dial(a *Agent, r *recorder, acc gateway.Account, change ...func(*InviteParams)) *Dialog {
	p := InviteParams{
		CallID: "call-" + sip.GenerateTagN(8), Account: acc, Callee: "bob", VisibleName: `Al "Ice"`,
		SDP: []byte(offer), Handle: r.handle,
	}
	for _, c := range change {
		c(&p)
	}
	return a.Invite(p)
}

// establish plays the callee up to the ACK.
func establish(p *peer, r *recorder) message {
	p.t.Helper()
	inv := p.expect(sip.INVITE)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	require.Equal(p.t, Answered{Status: 200, SDP: []byte(answer)}, next[Answered](r))
	return inv
}

// challenge is a WWW-Authenticate or Proxy-Authenticate value.
func challenge(realm, nonce, algorithm, extra string) string {
	return fmt.Sprintf(`Digest realm="%s", nonce="%s", algorithm=%s%s`, realm, nonce, algorithm, extra)
}

// verify recomputes a digest answer as a server does and returns it.
func verify(t *testing.T, m message, header, password string) *digest.Credentials {
	t.Helper()
	h := m.GetHeaders(header)
	require.NotEmpty(t, h, "no %s in\n%s", header, m.raw)
	got, err := digest.ParseCredentials(h[0].Value())
	require.NoError(t, err)
	ch := &digest.Challenge{Realm: got.Realm, Nonce: got.Nonce, Algorithm: got.Algorithm, Opaque: got.Opaque}
	if got.QOP != "" {
		ch.QOP = []string{got.QOP}
	}
	want, err := digest.Digest(ch, digest.Options{
		Method: m.request().Method.String(), URI: m.request().Recipient.String(),
		Username: got.Username, Password: password, Cnonce: got.Cnonce, Count: got.Nc,
		GetBody: func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(string(m.Body()))), nil },
	})
	require.NoError(t, err)
	require.Equal(t, want.Response, got.Response, "wrong digest")
	return got
}
