package rtpio

import (
	"log/slog"
	"maps"
	"net/netip"
	"sync"
	"time"
)

// Feedback tells which RTCP feedback messages were negotiated (RFC 4585, RFC 5104).
type Feedback struct {
	PLI, FIR, NACK bool
}

// SessionParams are the parameters of a session. Every callback may be nil.
type SessionParams struct {
	Conn       *Conn // closed with the session
	SSRC       uint32
	CNAME      string
	Host       netip.Addr    // that signals for the peer; its media is believed before a stranger's. Invalid = not known
	ClockRates map[uint8]int // of the payload types that are accepted
	Feedback   Feedback
	// Shut lets nothing in or out before Protect has told how it is encrypted.
	Shut bool
	// Resend keeps what is sent for a while, for a peer that negotiated to ask for it again.
	Resend bool

	// Handle gets the packets, in order, on one goroutine.
	Handle func(Packet)
	// OnReport gets the sender reports of the source that Handle hears. It and those below are called beside Handle, on
	// another goroutine.
	OnReport func(ntp uint64, rtp uint32, arrived time.Time)
	// OnKeyframeRequest is called when the peer asks for a keyframe of what we send.
	OnKeyframeRequest func()
	// OnBye is called when the source says goodbye. It may go on sending all the same.
	OnBye func()

	Log *slog.Logger
}

// Session is the RTP and RTCP of one stream in both directions.
type Session struct {
	conn   *Conn
	ssrc   uint32
	cname  string
	resend bool
	handle func(Packet)
	notify notify
	log    *slog.Logger

	running sync.WaitGroup
	closing sync.Once
	ingest  ingest // of the RTP goroutine

	mu       sync.Mutex // guards the fields below
	rates    map[uint8]int
	feedback Feedback
	latch    latch
	receiver receiver
	control  control
	sender   sender
	guard    guard
	kept     kept
	invalid  uint64
	lastData time.Time
}

// NewSession returns a session that does not run yet.
func NewSession(p SessionParams) *Session {
	s := &Session{
		conn: p.Conn, ssrc: p.SSRC, cname: p.CNAME, resend: p.Resend, log: p.Log, handle: p.Handle,
		notify:   notify{p.OnReport, p.OnKeyframeRequest, p.OnBye},
		feedback: p.Feedback, rates: maps.Clone(p.ClockRates), guard: guard{shut: p.Shut}, latch: latch{host: p.Host.Unmap()},
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.handle == nil {
		s.handle = func(Packet) {}
	}
	return s
}

// Start begins to receive and to report.
func (s *Session) Start() {
	s.running.Go(func() { s.listen(s.conn.rtp, &s.ingest.due, s.takeRTP, s.expire) })
	s.running.Go(func() {
		due := time.Now().Add(firstReport())
		s.listen(s.conn.rtcp, &due, s.takeRTCP, func(now time.Time) {
			s.report(now)
			s.keepOpen(now)
			due = now.Add(nextReport())
		})
	})
}

// Close says goodbye, closes the ports and waits for the goroutines. It may be called more than once, and without Start.
func (s *Session) Close() {
	s.closing.Do(func() {
		s.goodbye()
		s.conn.Close()
	})
	s.running.Wait()
}

// SetRemote sets where the peer has asked for media and for RTCP. An unspecified address or port 0 means nowhere. If the
// media comes from another address, it is sent there. What comes from the host that is set here is believed before what does not.
func (s *Session) SetRemote(rtp, rtcp netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latch.signal(destination(rtp))
	s.control.signal(destination(rtcp))
}

// Protect encrypts what is sent from now on and takes nothing else; without keys all is in the clear. Keys that are in use
// already go on.
func (s *Session) Protect(keys *Keys) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	on, out := s.guard.on, s.guard.out
	err := s.guard.use(keys)
	if s.guard.on != on || s.guard.out != out {
		s.kept.forget()
	}
	return err
}

// SetClockRates sets the payload types that are accepted and the rates of their clocks.
func (s *Session) SetClockRates(rates map[uint8]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rates = maps.Clone(rates)
}

// SetFeedback sets what was negotiated.
func (s *Session) SetFeedback(f Feedback) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feedback = f
}

// destination returns the invalid address for one that cannot be sent to.
func destination(a netip.AddrPort) netip.AddrPort {
	if !a.IsValid() || a.Port() == 0 || a.Addr().Unmap().IsUnspecified() {
		return netip.AddrPort{}
	}
	return plain(a)
}
