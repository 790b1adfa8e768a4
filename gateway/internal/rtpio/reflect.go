package rtpio

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"callcast/gateway/internal/stun"
)

// keepPeriod is how often ports are kept open in a NAT while nothing else is sent from them (RFC 6263 section 4).
const keepPeriod = 15 * time.Second

var errNoMirror = errors.New("the STUN server does not tell how a media port looks from outside")

// askWaits is how long each question waits for its answer, one after the other.
func askWaits() []time.Duration {
	return []time.Duration{250 * time.Millisecond, 500 * time.Millisecond, 750 * time.Millisecond}
}

// mirrored is how a pair of ports looks from outside.
type mirrored struct {
	server    netip.AddrPort // that was asked; invalid if none was
	rtp, rtcp netip.AddrPort // as it told; invalid if it did not
	kept      time.Time      // when it was last sent something
}

// Reflect asks a STUN server how ports look from outside, all of them at a time; it takes as long as askWaits at most. No
// session may have the ports yet. What comes to them meanwhile is lost: nobody can know of them.
func Reflect(server netip.AddrPort, conns ...*Conn) error {
	var asking sync.WaitGroup
	failures := make([]error, 2*len(conns))
	for i, c := range conns {
		c.mirrored = mirrored{server: server, kept: time.Now()}
		asking.Go(func() { c.mirrored.rtp, failures[2*i] = ask(c.rtp, server) })
		asking.Go(func() { c.mirrored.rtcp, failures[2*i+1] = ask(c.rtcp, server) })
	}
	asking.Wait()
	return cmp.Or(failures...)
}

// Seen is how the ports look from outside: as the STUN server told, or else as they are, at ip.
func (c *Conn) Seen(ip netip.Addr) (rtp, rtcp netip.AddrPort) {
	return cmp.Or(c.mirrored.rtp, netip.AddrPortFrom(ip, uint16(c.RTPPort()))),
		cmp.Or(c.mirrored.rtcp, netip.AddrPortFrom(ip, uint16(c.RTCPPort())))
}

// ask asks how one port looks, with repetitions.
func ask(conn *net.UDPConn, server netip.AddrPort) (netip.AddrPort, error) {
	request := stun.NewRequest()
	defer func() { _ = conn.SetReadDeadline(time.Time{}) }() // fails only once closed
	for _, wait := range askWaits() {
		if _, err := conn.WriteToUDPAddrPort(request[:], server); err != nil {
			return netip.AddrPort{}, fmt.Errorf("ask %s: %w", server, err)
		}
		_ = conn.SetReadDeadline(time.Now().Add(wait))
		if told, ok := await(conn, server, request); ok {
			return told, nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("%w: %s", errNoMirror, server)
}

// await reads until the server's answer to a request is there, or the read fails.
func await(conn *net.UDPConn, server netip.AddrPort, request stun.Request) (netip.AddrPort, bool) {
	var buffer [maxSend]byte
	for {
		n, src, err := conn.ReadFromUDPAddrPort(buffer[:])
		if err != nil {
			return netip.AddrPort{}, false
		}
		if told, ok := request.Reflected(buffer[:n]); ok && plain(src) == server {
			return told, true
		}
	}
}

// late reports whether a datagram is from the STUN server that was asked, which may answer every repetition.
func (m *mirrored) late(b []byte, src netip.AddrPort) bool { return stun.Is(b) && src == m.server }

// keepOpen keeps the ports open in a NAT before the peer has said where it is: while it rings, and while it holds the call
// and names no address. From then on media and reports do that.
func (s *Session) keepOpen(now time.Time) {
	m := &s.conn.mirrored
	if !m.server.IsValid() || now.Sub(m.kept) < keepPeriod || s.Stats().Remote.IsValid() {
		return
	}
	m.kept = now
	for _, conn := range []*net.UDPConn{s.conn.rtp, s.conn.rtcp} {
		if _, err := conn.WriteToUDPAddrPort(stun.Indication(), m.server); err != nil {
			s.log.Debug("keep-alive not sent", "server", m.server, "error", err)
		}
	}
}
