package rtc

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pion/ice/v4"
)

// reflexive finds out the address that the port has in the eyes of a server, which is the one that browsers beyond a
// NAT can reach it at. Browsers are told it beside the candidates; that of this machine it is based on takes their checks.
type reflexive struct {
	server  string
	mux     *ice.UniversalUDPMuxDefault // remembers the answer for a while
	failing atomic.Bool
	log     *slog.Logger
}

// addTo puts the address into an answer, if it can be found out in time.
func (r *reflexive) addTo(ctx context.Context, answer string) string {
	ctx, cancel := context.WithTimeout(ctx, stunTime)
	defer cancel()
	address, err := r.address(ctx)
	if failing := err != nil; r.failing.Swap(failing) != failing {
		r.log.Warn("STUN", "server", r.server, "err", err)
	}
	before, after, found := strings.Cut(answer, firstCandidate)
	if err != nil || !found {
		return answer
	}
	return before + candidate(address) + firstCandidate + after
}

const (
	stunTime       = time.Second
	firstCandidate = "a=candidate:"

	// reflexivePriority is below that of every host candidate (RFC 8445 section 5.1.2).
	reflexivePriority = 100<<24 | 65535<<8 | 255
)

// candidate is the line of a description that names a reflexive address. Its base is nobody's business.
func candidate(a netip.AddrPort) string {
	return fmt.Sprintf("%sreflexive 1 udp %d %s %d typ srflx raddr 0.0.0.0 rport 0\r\n",
		firstCandidate, reflexivePriority, a.Addr(), a.Port())
}

func (r *reflexive) address(ctx context.Context) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(r.server)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
	if err != nil {
		return netip.AddrPort{}, err
	}
	server := net.UDPAddrFromAddrPort(netip.AddrPortFrom(found[0].Unmap(), uint16(port)))
	mapped, err := r.mux.GetXORMappedAddrContext(ctx, server, stunTime)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip, _ := netip.AddrFromSlice(mapped.IP)
	return netip.AddrPortFrom(ip.Unmap(), uint16(mapped.Port)), nil
}
