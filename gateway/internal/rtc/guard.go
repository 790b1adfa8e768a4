package rtc

import (
	"net"
	"net/netip"
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

// courteous is a TCP port that does not let in more silent connections than that.
type courteous struct {
	net.Listener
	silent atomic.Int32
}

// Accept closes connections that are too many.
func (l *courteous) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.silent.Add(1) <= maxSilent {
			return &newcomer{Conn: conn, silent: &l.silent}, nil
		}
		l.silent.Add(-1)
		_ = conn.Close()
	}
}

// newcomer is a connection that counts as silent until it is closed or has introduced itself.
type newcomer struct {
	net.Conn
	silent *atomic.Int32
	heard  atomic.Bool
}

// SetReadDeadline notices the introduction: ice waits for it with a deadline, and for nothing after it.
func (c *newcomer) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		c.introduced()
	}
	return c.Conn.SetReadDeadline(t)
}

// Close ends the connection.
func (c *newcomer) Close() error {
	c.introduced()
	return c.Conn.Close()
}

func (c *newcomer) introduced() {
	if !c.heard.Swap(true) {
		c.silent.Add(-1)
	}
}
