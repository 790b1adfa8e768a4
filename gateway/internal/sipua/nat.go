package sipua

import (
	"net/netip"
	"strconv"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// nat is what is known of how others see us. An address that was configured needs none of it.
type nat struct {
	off bool // the public address is configured

	mu     sync.Mutex             // guards what follows
	byVia  map[via]netip.AddrPort // as registrars told
	mirror netip.AddrPort         // our UDP socket as the STUN server told; invalid if it did not
	server netip.AddrPort         // that told; invalid while it does not answer
}

func newNAT(off bool) *nat { return &nat{off: off, byVia: map[via]netip.AddrPort{}} }

// outside is how the far end of a way sees what we call local.
func (n *nat) outside(to via, local netip.AddrPort) netip.AddrPort {
	if n.off {
		return local
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if told, ok := n.byVia[to]; ok {
		return told
	}
	if to.transport == "UDP" && n.mirror.IsValid() && n.mirror.Addr() == local.Addr() {
		return n.mirror
	}
	return local
}

// mirrored is our address as the STUN server told, if those at remote need it: they are of the same family, and not in our
// own network.
func (n *nat) mirrored(remote netip.Addr) netip.Addr {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.off || !n.mirror.IsValid() || !public(remote.Unmap()) || remote.Unmap().Is4() != n.mirror.Addr().Is4() {
		return netip.Addr{}
	}
	return n.mirror.Addr()
}

// teller is the STUN server that told of an address; invalid if none did, or it does not answer.
func (n *nat) teller(ip netip.Addr) netip.AddrPort {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.off || ip != n.mirror.Addr() {
		return netip.AddrPort{}
	}
	return n.server
}

// reflect notes what the STUN server told, or that it does not answer: then what it told before still holds. It reports
// whether we are elsewhere now.
func (n *nat) reflect(server, told netip.AddrPort) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.server = server
	if !told.IsValid() || n.mirror == told {
		return false
	}
	n.mirror = told
	return true
}

// seen takes in where the answer to a request says that it came from (RFC 3581). It reports whether that is elsewhere than
// local, which the request named. The port of a connection says nothing while the address is ours.
func (n *nat) seen(to via, local netip.AddrPort, v *sip.ViaHeader) bool {
	if n.off || v == nil {
		return false
	}
	told, ok := sourceOf(v, local)
	if !ok || told == local || told.Addr() == local.Addr() && to.transport != "UDP" {
		return false
	}
	if public(local.Addr()) && !public(told.Addr()) {
		return false // what stands before the registrar, not before us
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.byVia[to] = told
	return true
}

// forget drops what was learned over a connection that is gone.
func (n *nat) forget(gone via) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.byVia, gone)
}

// sourceOf is where a server says that our request came from.
func sourceOf(v *sip.ViaHeader, local netip.AddrPort) (netip.AddrPort, bool) {
	told := local
	if text, ok := v.Params.Get("received"); ok {
		ip, err := netip.ParseAddr(bareHost(text))
		if err != nil || ip.IsUnspecified() {
			return told, false
		}
		told = netip.AddrPortFrom(ip.Unmap(), told.Port())
	}
	if text, ok := v.Params.Get("rport"); ok && text != "" {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return told, false
		}
		told = netip.AddrPortFrom(told.Addr(), uint16(port))
	}
	return told, true
}

// public reports whether an address is one of the internet, as far as that can be told.
func public(ip netip.Addr) bool {
	carriers := netip.MustParsePrefix("100.64.0.0/10") // shared among the customers of one (RFC 6598)
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !carriers.Contains(ip)
}
