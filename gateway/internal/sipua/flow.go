package sipua

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
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

// reach makes sure that there is a connection to remote, which TLS is to know as name. The flow is nil if it is one that
// the other side opened.
func (a *Agent) reach(ctx context.Context, transport, name string, remote netip.AddrPort) (*flow, error) {
	s := a.streams(transport)
	s.mu.Lock()
	f := s.flows[remote]
	s.mu.Unlock()
	if f == nil {
		if c := a.transport.Pool(transport).Get(remote.String()); c != nil {
			_, _ = c.TryClose() // only the reference
			return nil, nil
		}
		f = a.open(ctx, s, transport, name, remote)
	}
	select {
	case <-f.ready:
		return f, f.err
	case <-ctx.Done():
		return nil, fmt.Errorf("connect to %s: %w", remote, ctx.Err())
	}
}

// open opens a flow, unless another request is at it.
func (a *Agent) open(ctx context.Context, s *streams, transport, name string, remote netip.AddrPort) *flow {
	f := &flow{ready: make(chan struct{})}
	s.mu.Lock()
	if known := s.flows[remote]; known != nil {
		s.mu.Unlock()
		return known
	}
	s.flows[remote] = f
	s.mu.Unlock()
	defer close(f.ready)
	conn, err := a.dial(ctx, transport, name, remote)
	if err != nil {
		f.err = err
		s.drop(remote)
		return f
	}
	gone := make(chan struct{})
	f.conn = s.guard(conn, func() {
		s.drop(remote)
		close(gone)
		a.missed(transport, remote)
	})
	if f.err = s.hand(f.conn); f.err == nil {
		a.spawn(func() { a.keepAlive(f.conn, gone) })
	}
	return f
}

func (s *streams) drop(remote netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.flows, remote)
}

func (a *Agent) streams(transport string) *streams {
	if transport == "TLS" {
		return a.tls
	}
	return a.tcp
}

func (a *Agent) dial(ctx context.Context, transport, name string, remote netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timing.dial)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", remote.String())
	if err != nil || transport != "TLS" {
		return conn, err
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if a.params.TLS != nil {
		config = a.params.TLS.Clone()
	}
	config.ServerName = name
	secure := tls.Client(conn, config)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("tls with %s: %w", name, err)
	}
	return secure, nil
}

// errPin is a certificate that is not the one that was named.
var errPin = errors.New("the server's certificate is another one than was pinned")

// PinnedTLS trusts one certificate, known by the SHA-256 of its DER form, and no other.
func PinnedTLS(fingerprint [sha256.Size]byte) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, // the check below takes its place
		VerifyPeerCertificate: func(raw [][]byte, _ [][]*x509.Certificate) error {
			if len(raw) == 0 || sha256.Sum256(raw[0]) != fingerprint {
				return errPin
			}
			return nil
		},
	}
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
func (a *Agent) missed(transport string, remote netip.AddrPort) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.registrations {
		if r.via == (via{transport, remote}) {
			select {
			case r.missed <- struct{}{}:
			default:
			}
		}
	}
}

// via is which flow a registration uses.
type via struct {
	transport string
	remote    netip.AddrPort
}
