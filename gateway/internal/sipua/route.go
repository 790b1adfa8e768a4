package sipua

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// defaultPort is where a transport listens if nothing else is said.
func defaultPort(transport string) int {
	if transport == "TLS" {
		return 5061
	}
	return 5060
}

// hop is where a request is sent and how.
type hop struct {
	transport string // "UDP", "TCP" or "TLS"
	host      string
	port      int
	open      bool           // no port was said, so DNS may say host and port
	secure    bool           // sips: it must not be sent by anything but TLS
	trust     trust          // how TLS is to know it; without a name there, by host
	remote    netip.AddrPort // its address, if it is decided
	route     *sip.Uri       // the preloaded Route, if one is due
}

// firstHop decides where a request of an account that is not in a dialog goes: to the outbound proxy if the account
// has one, with a Route unless the proxy is the target's own host (RFC 3261 section 8.1.2), else to the target.
func firstHop(acc gateway.Account, target sip.Uri) (hop, error) {
	h := hop{transport: transportName(string(acc.Transport)), trust: trustOf(acc)}
	if target.Scheme == "sips" {
		h.transport, h.secure = "TLS", true
	}
	if acc.OutboundProxy == "" {
		if t, ok := target.UriParams.Get("transport"); ok && !h.secure {
			if !known(t) {
				return h, fmt.Errorf("%w: transport %q is not supported", errBadAddress, t)
			}
			h.transport = transportName(t)
		}
		h.at(target.Host, target.Port)
		return h, nil
	}
	host, port, err := hostPort(acc.OutboundProxy)
	if err != nil {
		return h, fmt.Errorf("outbound proxy: %w", err)
	}
	h.at(host, port, acc.Port)
	if !strings.EqualFold(host, bareHost(target.Host)) {
		h.route = looseRoute(h)
	}
	return h, nil
}

// atAccountPort puts the account's port into a target in the account's own domain, unless a proxy stands before it.
func atAccountPort(acc gateway.Account, target sip.Uri) (sip.Uri, error) {
	domain, port, err := hostPort(acc.Domain)
	if err != nil {
		return target, fmt.Errorf("domain: %w", err)
	}
	if acc.OutboundProxy == "" && target.Port == 0 && strings.EqualFold(domain, bareHost(target.Host)) {
		t := transportName(string(acc.Transport))
		if port = firstPort(t, port, acc.Port); port != defaultPort(t) {
			target.Port = port
		}
	}
	return target, nil
}

// at sets host and port: the first port that is said, else the usual one.
func (h *hop) at(host string, ports ...int) {
	h.host, h.port = bareHost(host), firstPort(h.transport, ports...)
	h.open = max(0, slices.Max(ports)) == 0
}

func firstPort(transport string, ports ...int) int {
	for _, p := range ports {
		if p > 0 {
			return p
		}
	}
	return defaultPort(transport)
}

func known(transport string) bool {
	return strings.EqualFold(transport, transportName(transport))
}

func transportName(t string) string {
	switch strings.ToUpper(t) {
	case "TCP":
		return "TCP"
	case "TLS":
		return "TLS"
	default:
		return "UDP"
	}
}

func looseRoute(h hop) *sip.Uri {
	u := &sip.Uri{Scheme: "sip", Host: h.host}
	if !h.open { // who is found by the DNS may not know itself by a port
		u.Port = h.port
	}
	if h.transport != "UDP" {
		u.UriParams.Add("transport", strings.ToLower(h.transport))
	}
	u.UriParams.Add("lr", "")
	return u
}

// registrarURI is the account's domain as a request target.
func registrarURI(acc gateway.Account) (sip.Uri, error) {
	u, err := parseURI("sip:" + acc.Domain)
	if err != nil {
		return u, fmt.Errorf("domain: %w", err)
	}
	return atAccountPort(acc, u)
}

// LocalIP is our address as the account's proxy or domain should see it.
func (a *Agent) LocalIP(acc gateway.Account) (netip.Addr, error) {
	target, err := registrarURI(acc)
	if err != nil {
		return netip.Addr{}, err
	}
	h, err := firstHop(acc, target)
	if err != nil {
		return netip.Addr{}, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), a.timing.resolve)
	defer cancel()
	remotes, err := a.addresses(ctx, h)
	if err != nil {
		return netip.Addr{}, err
	}
	a.settle(ctx)
	return a.localIP(remotes[0])
}

// localIP is our address on the route to remote. An unspecified address must never reach a peer: it would send media
// and requests to itself.
func (a *Agent) localIP(remote netip.AddrPort) (netip.Addr, error) {
	if a.public.IsValid() && a.public.Is4() == remote.Addr().Unmap().Is4() {
		return a.public, nil
	}
	if mirrored := a.nat.mirrored(remote.Addr()); mirrored.IsValid() {
		return mirrored, nil
	}
	if bound := a.Addr().Addr(); !bound.IsUnspecified() {
		return bound.Unmap(), nil
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote)) // sends nothing: asks the routing table
	if err != nil {
		return netip.Addr{}, &plight{gateway.EndUnreachable, fmt.Errorf("route to %s: %w", remote, err)}
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
