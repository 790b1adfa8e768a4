package rtpio

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"time"
)

const (
	// maxDatagram is a jumbo frame. A longer datagram is cut by the system and counted as invalid.
	maxDatagram = 9 << 10
	// maxFailures is how many reads in a row may fail before a port is given up. Single failures are reports of the
	// network about something that was sent.
	maxFailures = 100
)

// listen reads a port until it is closed. When the time at due is reached, it calls tick; both callbacks may move due,
// zero means never.
func (s *Session) listen(
	conn *net.UDPConn, due *time.Time, take func([]byte, netip.AddrPort, time.Time), tick func(now time.Time),
) {
	buffer := make([]byte, maxDatagram)
	var deadline time.Time
	for failures := 0; failures < maxFailures; {
		if *due != deadline {
			deadline = *due
			_ = conn.SetReadDeadline(deadline) // fails only once closed, which the read tells
		}
		n, src, err := conn.ReadFromUDPAddrPort(buffer)
		now := time.Now()
		switch {
		case err == nil:
			failures = 0
			if n == len(buffer) {
				s.countInvalid()
				continue
			}
			if src = plain(src); !s.conn.mirrored.late(buffer[:n], src) {
				take(buffer[:n], src, now)
			}
		case errors.Is(err, os.ErrDeadlineExceeded):
			tick(now)
		case errors.Is(err, net.ErrClosed):
			return
		default:
			failures++
		}
	}
	s.log.Warn("media port given up, reads keep failing", "port", port(conn))
}
