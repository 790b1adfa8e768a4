package sipua

import (
	"net"
	"net/netip"
	"sync"
)

// How many connections others may hold open to us: all together, and those from one address.
const (
	maxStreams        = 256
	maxStreamsFromOne = 64
)

// guests counts the connections that others hold open to us.
type guests struct {
	mu   sync.Mutex // guards what follows
	all  int
	from map[netip.Addr]int
}

func newGuests() *guests { return &guests{from: map[netip.Addr]int{}} }

// admit counts a connection in, if there is room for it.
func (g *guests) admit(who netip.Addr) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= maxStreams || g.from[who] >= maxStreamsFromOne {
		return false
	}
	g.all++
	g.from[who]++
	return true
}

// leave counts one out.
func (g *guests) leave(who netip.Addr) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.from[who]--; g.from[who] == 0 {
		delete(g.from, who)
	}
}

// guestOf is who opened a connection.
func guestOf(conn net.Conn) netip.Addr {
	if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}
