package demophone

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

const (
	allowed     = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"
	maxDatagram = 65535
	maxCalls    = 1000 // at once; more are told that the phone is busy
	maxEnded    = 200  // calls remembered after their end
)

// Params configures a phone. The zero value of every field but Log is useful.
type Params struct {
	Addr string // specific address and UDP port for SIP; 127.0.0.1 and any free port if empty
	User string // user part of its address; "demo" if empty
	Log  *slog.Logger

	AnswerDelay     time.Duration // how long it rings
	PTime           time.Duration // sound per packet; 20 ms if zero
	Reject          int           // answer every call with this failure
	RejectReason    string
	Auth            *Credentials // ask callers for a password
	Silent          bool         // never answer at all, not even with a failure
	EarlyMedia      bool         // play while ringing
	NoVideo         bool         // refuse the video line
	NoSenderReports bool
	Loss            float64 // share of media packets that get lost on purpose, 0..1

	// What is received is told to these, each from the goroutine that receives it: sound at 8 kHz, and whole pictures as
	// H.264 byte streams, with their RTP stamps. call is the SIP Call-ID. They may be nil, and must not block.
	OnSound   func(call string, stamp uint32, samples []int16)
	OnPicture func(call string, stamp uint32, picture []byte)
}

// Phone is the phone.
type Phone struct {
	params Params
	log    *slog.Logger
	clip   *clip
	pacer  *pacer
	nonce  string
	conn   *net.UDPConn
	addr   netip.AddrPort
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	mu    sync.Mutex // guards what follows
	calls map[string]*call
	ended []CallInfo
}

// New makes a phone that is not yet reachable.
func New(p Params) (*Phone, error) {
	if p.Addr == "" {
		p.Addr = "127.0.0.1:0"
	}
	if p.User == "" {
		p.User = "demo"
	}
	if p.PTime == 0 {
		p.PTime = 20 * time.Millisecond
	}
	clip, err := loadClip()
	if err != nil {
		return nil, err
	}
	return &Phone{
		params: p, log: p.Log.With("phone", p.User), clip: clip, pacer: newPacer(), nonce: token(),
		calls: map[string]*call{},
	}, nil
}

// Start opens the SIP port and begins to answer.
func (p *Phone) Start() error {
	addr, err := netip.ParseAddrPort(p.params.Addr)
	if err != nil || addr.Addr().IsUnspecified() {
		return fmt.Errorf("start phone: %q is not a specific address and port", p.params.Addr)
	}
	if p.conn, err = listen(addr.Addr(), addr.Port()); err != nil {
		return fmt.Errorf("start phone: %w", err)
	}
	p.addr = p.conn.LocalAddr().(*net.UDPAddr).AddrPort()
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	p.tasks.Go(func() { p.pacer.run(ctx) })
	p.tasks.Go(func() { p.read(ctx) })
	return nil
}

// URI is the phone's SIP address.
func (p *Phone) URI() string { return "sip:" + p.params.User + "@" + p.addr.String() }

// Close hangs up every call, telling the other side once, and waits for everything to end.
func (p *Phone) Close() {
	if p.cancel == nil {
		return
	}
	p.cancel()
	// The reader starts calls, so it ends first: a deadline wakes it while calls can still write.
	_ = p.conn.SetReadDeadline(time.Now())
	p.tasks.Wait()
	_ = p.conn.Close()
}

// Hangup ends one call by its SIP Call-ID, or every call if id is empty.
func (p *Phone) Hangup(id string) {
	for _, c := range p.live() {
		if id == "" || c.id == id {
			c.leave()
		}
	}
}

func (p *Phone) live() []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]*call, 0, len(p.calls))
	for _, c := range p.calls {
		out = append(out, c)
	}
	return out
}

// read takes SIP messages until ctx ends.
func (p *Phone) read(ctx context.Context) {
	buffer := make([]byte, maxDatagram)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(buffer)
		if ctx.Err() != nil || isClosed(err) {
			return
		}
		if err != nil {
			continue // the port of somebody we wrote to is closed
		}
		m, err := parse(buffer[:n])
		if err != nil || !m.usable() {
			p.log.Debug("datagram is not SIP", "from", from, "bytes", n)
			continue
		}
		p.dispatch(ctx, incoming{m, from})
	}
}

func (p *Phone) dispatch(ctx context.Context, in incoming) {
	p.mu.Lock()
	c := p.calls[in.get("Call-ID")]
	count := len(p.calls)
	p.mu.Unlock()
	inDialog := param(in.get("To"), "tag") != ""
	switch {
	case c != nil:
		select {
		case c.inbox <- in:
		default: // lost, as UDP may lose it
		}
	case in.method == "" || in.method == "ACK":
	case in.method == "OPTIONS" && !inDialog:
		r := in.reply(200, "OK", token())
		r.add("Allow", allowed)
		p.write(r.bytes(), in.from)
	case in.method != "INVITE" || inDialog:
		p.write(in.reply(481, "Call/Transaction Does Not Exist", token()).bytes(), in.from)
	case count >= maxCalls:
		p.write(in.reply(486, "Busy Here", token()).bytes(), in.from)
	case p.params.Auth != nil && !p.params.Auth.accepts(in.get("Authorization"), in.method, p.nonce):
		r := in.reply(401, "Unauthorized", token())
		r.add("WWW-Authenticate", challenge(p.nonce))
		p.write(r.bytes(), in.from)
	default:
		p.begin(ctx, in)
	}
}

// begin starts a call's goroutine.
func (p *Phone) begin(ctx context.Context, in incoming) {
	id := in.get("Call-ID")
	c := &call{
		phone: p, id: id, from: in.get("From"), tag: token(), invite: in, log: p.log.With("call", id),
		inbox: make(chan incoming, inboxDepth), hangup: make(chan struct{}), state: Ringing,
	}
	p.mu.Lock()
	p.calls[id] = c
	p.mu.Unlock()
	p.tasks.Go(func() {
		c.run(ctx)
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.calls, id)
		p.ended = append(p.ended, c.info())
		p.ended = p.ended[max(0, len(p.ended)-maxEnded):]
	})
}

func (p *Phone) write(raw []byte, to netip.AddrPort) {
	if _, err := p.conn.WriteToUDPAddrPort(raw, to); err != nil {
		p.log.Warn("cannot send", "to", to, "err", err)
	}
}

// Calls tells about the calls that are and those that ended lately, the latter first.
func (p *Phone) Calls() []CallInfo {
	live := p.live()
	p.mu.Lock()
	out := slices.Clone(p.ended)
	p.mu.Unlock()
	for _, c := range live {
		if info := c.info(); info.State != Ended {
			out = append(out, info)
		}
	}
	return out
}

func isClosed(err error) bool { return errors.Is(err, net.ErrClosed) }

// token is text that nobody can guess, for tags, branches and nonces.
func token() string { return rand.Text() }
