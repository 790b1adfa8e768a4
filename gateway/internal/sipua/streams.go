package sipua

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"
)

// acceptPause is how long to wait after a connection could not be accepted.
const acceptPause = 100 * time.Millisecond

// streams is TCP or TLS as sipgo sees it: a listener that accepts what others open to us and what we open ourselves. So
// each connection is checked by a streamGuard, and those of ours are made, kept alive and missed by us.
type streams struct {
	listener net.Listener // nil if nobody can open connections to us
	addr     net.Addr
	parser   *sip.Parser
	garbage  *atomic.Uint64
	patience time.Duration // how long others may take for a message
	guests   *guests
	serving  chan struct{} // closed when sipgo accepts
	fresh    chan handover
	taken    chan struct{} // of the last handover; belongs to Accept
	done     chan struct{} // closed by Close
	once     sync.Once
	closing  sync.Once
	tasks    sync.WaitGroup
	trace    traced

	mu    sync.Mutex // guards flows
	flows map[via]*flow
}

// handover is a connection on its way to sipgo.
type handover struct {
	conn  net.Conn
	taken chan struct{} // closed when sipgo knows it
}

// newStreams makes streams that others may open by l, if it is not nil.
func newStreams(l net.Listener, addr net.Addr, p *sip.Parser, garbage *atomic.Uint64, patience time.Duration) *streams {
	s := &streams{
		listener: l, addr: addr, parser: p, garbage: garbage, patience: patience, guests: newGuests(),
		serving: make(chan struct{}), fresh: make(chan handover), done: make(chan struct{}),
		flows: make(map[via]*flow),
	}
	if l != nil {
		s.tasks.Go(s.receive)
	}
	return s
}

// Addr is the address others see.
func (s *streams) Addr() net.Addr { return s.addr }

// Accept gives sipgo its next connection. When sipgo comes back, it has the last one in its pool.
func (s *streams) Accept() (net.Conn, error) {
	s.once.Do(func() { close(s.serving) })
	if s.taken != nil {
		close(s.taken)
		s.taken = nil
	}
	select {
	case h := <-s.fresh:
		s.taken = h.taken
		return h.conn, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

// Close ends the listening. The connections are sipgo's to close.
func (s *streams) Close() error {
	var err error
	s.closing.Do(func() {
		close(s.done)
		if s.listener != nil {
			err = s.listener.Close()
		}
	})
	s.tasks.Wait()
	return err
}

// receive accepts what others open.
func (s *streams) receive() {
	for {
		conn, err := s.listener.Accept()
		switch {
		case err == nil:
		case errors.Is(err, net.ErrClosed):
			return
		default:
			select {
			case <-time.After(acceptPause):
				continue
			case <-s.done:
				return
			}
		}
		who := guestOf(conn)
		if !s.guests.admit(who) {
			_ = conn.Close()
			continue
		}
		g := s.guard(conn, func() { s.guests.leave(who) })
		g.patience, g.owing = s.patience, true
		_ = s.hand(g)
	}
}

// hand gives a connection to sipgo and returns when it can be sent on.
func (s *streams) hand(conn net.Conn) error {
	h := handover{conn, make(chan struct{})}
	select {
	case s.fresh <- h:
	case <-s.done:
		_ = conn.Close()
		return errClosed
	}
	select {
	case <-h.taken:
		return nil
	case <-s.done:
		return errClosed
	}
}

func (s *streams) guard(conn net.Conn, closed func()) *streamGuard {
	return &streamGuard{Conn: conn, owner: s, shadow: s.parser.NewSIPStream(), closed: closed}
}

// streamGuard parses a stream ahead of sipgo, for the reasons given at datagrams. What is not SIP ends the connection.
type streamGuard struct {
	net.Conn
	owner  *streams
	shadow *sip.ParserStream // belongs to the reader
	pieces pieces            // likewise
	pongs  atomic.Uint64     // keep-alives that arrived
	closed func()            // called once
	once   sync.Once

	// These belong to the reader.
	patience time.Duration // how long a message may take; 0 = as long as it likes
	owing    bool          // a message has begun, or none has come yet
	timed    bool          // its time runs
}

var (
	errNotSIP = errors.New("not a sip stream")
	errSlow   = errors.New("a message took too long")
)

func (g *streamGuard) Read(b []byte) (int, error) {
	g.hurry()
	n, err := g.Conn.Read(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		g.owner.garbage.Add(1)
		_ = g.Close()
		return n, errors.Join(errSlow, net.ErrClosed)
	}
	if err == nil && n > 0 && keepAlive(b[:n]) {
		g.pongs.Add(1)
	}
	if err != nil || g.follows(b[:n]) {
		return n, err
	}
	g.owner.garbage.Add(1)
	_ = g.Close()
	return 0, errors.Join(errNotSIP, net.ErrClosed)
}

// hurry bounds how long a message may take, and a connection that says nothing.
func (g *streamGuard) hurry() {
	switch {
	case g.patience == 0:
	case !g.owing:
		_ = g.SetReadDeadline(time.Time{})
	case !g.timed:
		g.timed = true
		_ = g.SetReadDeadline(time.Now().Add(g.patience))
	}
}

func (g *streamGuard) follows(b []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	sound, came := true, false
	g.gather(b)
	err := g.shadow.ParseSIPStream(b, func(msg sip.Message) {
		sound, came = sound && wellFormed(msg), true
		if sound {
			g.traceWhole(msg)
		}
	})
	partial := errors.Is(err, sip.ErrParseSipPartial)
	if came {
		g.timed = false // the next one has as long
	}
	g.owing = partial || g.owing && !came
	return sound && (err == nil || partial)
}

// Close closes the connection.
func (g *streamGuard) Close() error {
	g.once.Do(g.closed)
	return g.Conn.Close()
}
