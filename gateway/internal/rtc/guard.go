package rtc

import (
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// packetsOnly is the UDP port without what cannot be for anybody.
type packetsOnly struct {
	*outbox
	garbage atomic.Uint64
}

// useful tells STUN, DTLS and SRTP from everything else by the first byte (RFC 7983 section 7).
func useful(b []byte) bool {
	if len(b) == 0 {
		return false
	}
	first := b[0]
	return first < 4 || first >= 20 && first < 64 || first >= 128 && first < 192
}

// ReadFromAddrPort makes ice read without an allocation for each packet.
func (c *packetsOnly) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.ReadFromUDPAddrPort(b)
		if err != nil || useful(b[:n]) {
			return n, from, err
		}
		c.garbage.Add(1)
	}
}

// maxSilent bounds the TCP connections that have not said yet whom they are for.
const maxSilent = 256

// courteous is a TCP port that does not let in more silent connections than that. They end with it: ice would wait for them.
type courteous struct {
	net.Listener

	mu     sync.Mutex // guards what follows
	silent map[*newcomer]bool
	closed bool
}

// Accept closes connections that are too many.
func (l *courteous) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if c := l.admit(conn); c != nil {
			return c, nil
		}
		_ = conn.Close()
	}
}

func (l *courteous) admit(conn net.Conn) *newcomer {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || len(l.silent) == maxSilent {
		return nil
	}
	if l.silent == nil {
		l.silent = map[*newcomer]bool{}
	}
	c := &newcomer{Conn: conn, port: l}
	l.silent[c] = true
	return c
}

func (l *courteous) introduced(c *newcomer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.silent, c)
}

// Close closes the port and those of its connections that are silent.
func (l *courteous) Close() error {
	l.mu.Lock()
	l.closed = true
	silent := l.silent
	l.silent = nil
	l.mu.Unlock()
	for c := range silent {
		_ = c.Conn.Close()
	}
	return l.Listener.Close()
}

// newcomer is a connection that counts as silent until it is closed or has introduced itself.
type newcomer struct {
	net.Conn
	port *courteous
}

// SetReadDeadline notices the introduction: ice waits for it with a deadline, and for nothing after it.
func (c *newcomer) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		c.port.introduced(c)
	}
	return c.Conn.SetReadDeadline(t)
}

// Close ends the connection.
func (c *newcomer) Close() error {
	c.port.introduced(c)
	return c.Conn.Close()
}
