package sipua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"
)

// flow is a connection we opened.
type flow struct {
	ready chan struct{} // closed when what follows is set
	conn  *streamGuard
	err   error
}

// local is our end of the flow.
func (f *flow) local() netip.AddrPort {
	addr := f.conn.LocalAddr().(*net.TCPAddr).AddrPort()
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

// via is where a flow goes, and what its other end has proved to be.
type via struct {
	transport string
	remote    netip.AddrPort
	trust     trust // zero but for TLS
}

// reach makes sure that there is a connection. The flow is nil if it is one that the other side opened.
func (a *Agent) reach(ctx context.Context, to via) (*flow, error) {
	for {
		f, err := a.reachOnce(ctx, to)
		if ctx.Err() != nil || !errors.Is(err, context.Canceled) {
			return f, err
		}
		// another request was at it, which nobody wants any more
	}
}

func (a *Agent) reachOnce(ctx context.Context, to via) (*flow, error) {
	s := a.streams(to.transport)
	s.mu.Lock()
	f := s.flows[to]
	s.mu.Unlock()
	if f == nil {
		if c := a.transport.Pool(to.transport).Get(to.remote.String()); c != nil && to.transport != "TLS" {
			_, _ = c.TryClose() // only the reference
			return nil, nil
		}
		f = a.open(ctx, s, to)
	}
	select {
	case <-f.ready: // its own words, also when they come in the last moment
		return f, f.err
	default:
	}
	select {
	case <-f.ready:
		return f, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to %s: %w", to.remote, ctx.Err())
	}
}

// open opens a flow, unless another request is at it.
func (a *Agent) open(ctx context.Context, s *streams, to via) *flow {
	f := &flow{ready: make(chan struct{})}
	s.mu.Lock()
	if known := s.flows[to]; known != nil {
		s.mu.Unlock()
		return known
	}
	s.flows[to] = f
	s.mu.Unlock()
	defer close(f.ready)
	conn, err := a.dial(ctx, to)
	if err != nil {
		f.err = err
		s.drop(to)
		return f
	}
	gone := make(chan struct{})
	f.conn = s.guard(conn, func() {
		s.drop(to)
		close(gone)
		a.missed(to)
	})
	if f.err = s.hand(f.conn); f.err == nil {
		a.spawn(func() { a.keepAlive(f.conn, gone) })
	}
	return f
}

func (s *streams) drop(to via) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flows, to)
}

func (a *Agent) streams(transport string) *streams {
	if transport == "TLS" {
		return a.tls
	}
	return a.tcp
}

func (a *Agent) dial(ctx context.Context, to via) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timing.dial)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", to.remote.String())
	if err != nil || to.transport != "TLS" {
		return conn, err
	}
	secure, err := to.trust.secure(ctx, conn, a.params.Roots)
	if err != nil {
		_ = conn.Close()
	}
	return secure, err
}

// keepAlive pings a flow, so that nothing on the way forgets it, until it is gone (RFC 5626 section 4.4.1). If the other
// side ever answered and then does not, the flow is closed; not all know that they should answer.
func (a *Agent) keepAlive(conn *streamGuard, gone <-chan struct{}) {
	ping := time.NewTicker(a.timing.ping)
	defer ping.Stop()
	for {
		select {
		case <-ping.C:
		case <-gone:
			return
		case <-a.cut:
			return
		}
		before := conn.pongs.Load()
		_ = conn.SetWriteDeadline(time.Now().Add(a.timing.dial))
		if _, err := conn.Write([]byte("\r\n\r\n")); err != nil {
			_ = conn.Close()
			return
		}
		if before == 0 {
			continue
		}
		select {
		case <-time.After(a.timing.pong):
		case <-gone:
			return
		case <-a.cut:
			return
		}
		if conn.pongs.Load() == before {
			a.log.Warn("sip connection is dead", "remote", conn.RemoteAddr())
			_ = conn.Close()
			return
		}
	}
}

// missed has the accounts that were registered over a flow register again.
func (a *Agent) missed(lost via) {
	a.nat.forget(lost)
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.registrations {
		if r.via == lost {
			select {
			case r.missed <- struct{}{}:
			default:
			}
		}
	}
}
