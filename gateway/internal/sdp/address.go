package sdp

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"callcast/gateway"
)

// addresses returns where a line wants its RTP and RTCP. They are not valid when it wants none, which is how hold was said
// before RFC 3264: by the unspecified address.
func (d *description) addresses(l *line) (rtp, rtcp netip.AddrPort, why refusal) {
	ip, why := parseConnection(d.connected(l))
	if why != nil || ip.IsUnspecified() {
		return rtp, rtcp, why
	}
	rtp = netip.AddrPortFrom(ip, uint16(l.port))
	return rtp, l.rtcp(rtp), nil
}

// connected is the c= that holds for a line.
func (d *description) connected(l *line) string {
	if l.connection != "" {
		return l.connection
	}
	return d.connection
}

// ip is the address that a line names; invalid if there is none.
func (d *description) ip(l *line) netip.Addr {
	ip, _ := parseConnection(d.connected(l))
	return ip
}

// parseConnection reads "IN IP4 192.0.2.1", with or without a multicast TTL.
func parseConnection(value string) (netip.Addr, refusal) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return netip.Addr{}, because(gateway.LineNoAddress, "no address")
	}
	text, _, _ := strings.Cut(fields[2], "/")
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}, unsuited(gateway.LineBadAddress, text, fmt.Sprintf("address %q is not an IP address", text))
	}
	if ip.IsMulticast() {
		return netip.Addr{}, unsuited(gateway.LineMulticast, text, fmt.Sprintf("address %s is multicast", ip))
	}
	return ip.Unmap().WithZone(""), nil
}

// rtcp is where RTCP goes: with RTP (RFC 5761), to the address of a=rtcp (RFC 3605), or one port above.
func (l *line) rtcp(rtp netip.AddrPort) netip.AddrPort {
	if _, mux := l.value("rtcp-mux"); mux {
		return rtp
	}
	next := netip.AddrPortFrom(rtp.Addr(), max(rtp.Port()+1, 1))
	value, ok := l.value("rtcp")
	if !ok {
		return next
	}
	text, connection, _ := strings.Cut(value, " ")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return next
	}
	ip := rtp.Addr()
	if own, why := parseConnection(connection); why == nil && !own.IsUnspecified() {
		ip = own
	}
	return netip.AddrPortFrom(ip, uint16(port))
}
