package sipua

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

const defaultPort = 5060

// hop is where a request is sent and how.
type hop struct {
	transport string // "UDP" or "TCP"
	host      string
	port      int
	route     *sip.Uri // the preloaded Route, if one is due
}

// firstHop decides where a request of an account that is not in a dialog goes: to the outbound proxy if the account
// has one, with a Route unless the proxy is the target's own host (RFC 3261 section 8.1.2), else to the target.
func firstHop(acc gateway.Account, target sip.Uri) (hop, error) {
	h := hop{transport: transportName(string(acc.Transport))}
	if acc.OutboundProxy == "" {
		if t, ok := target.UriParams.Get("transport"); ok {
			if !strings.EqualFold(t, "udp") && !strings.EqualFold(t, "tcp") {
				return h, fmt.Errorf("%w: transport %q is not supported", errBadAddress, t)
			}
			h.transport = transportName(t)
		}
		h.host, h.port = bareHost(target.Host), firstPort(target.Port)
		return h, nil
	}
	host, port, err := hostPort(acc.OutboundProxy)
	if err != nil {
		return h, fmt.Errorf("outbound proxy: %w", err)
	}
	h.host, h.port = host, firstPort(port, acc.Port)
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
		if port = firstPort(port, acc.Port); port != defaultPort {
			target.Port = port
		}
	}
	return target, nil
}

func firstPort(ports ...int) int {
	for _, p := range ports {
		if p > 0 {
			return p
		}
	}
	return defaultPort
}

func transportName(t string) string {
	if strings.EqualFold(t, "tcp") {
		return "TCP"
	}
	return "UDP"
}

func looseRoute(h hop) *sip.Uri {
	u := &sip.Uri{Scheme: "sip", Host: h.host, Port: h.port}
	if h.transport == "TCP" {
		u.UriParams.Add("transport", "tcp")
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

// resolve finds the address of a hop. IPv4 is preferred, as sipgo does.
func resolve(ctx context.Context, host string, port int) (netip.AddrPort, error) {
	if ip, err := netip.ParseAddr(host); err == nil {
		return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
	}
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("resolve %s: %w", host, err)
	}
	best := ips[0].Unmap()
	for _, ip := range ips {
		if ip = ip.Unmap(); ip.Is4() {
			best = ip
			break
		}
	}
	return netip.AddrPortFrom(best, uint16(port)), nil
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
	ctx, cancel := context.WithTimeout(context.Background(), a.timing.dial)
	defer cancel()
	remote, err := resolve(ctx, h.host, h.port)
	if err != nil {
		return netip.Addr{}, err
	}
	return a.localIP(remote)
}

// localIP is our address on the route to remote. An unspecified address must never reach a peer: it would send media
// and requests to itself.
func (a *Agent) localIP(remote netip.AddrPort) (netip.Addr, error) {
	if a.public.IsValid() {
		return a.public, nil
	}
	if bound := a.Addr().Addr(); !bound.IsUnspecified() {
		return bound.Unmap(), nil
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(remote)) // sends nothing: asks the routing table
	if err != nil {
		return netip.Addr{}, fmt.Errorf("route to %s: %w", remote, err)
	}
	defer conn.Close()
	return conn.LocalAddr().(*net.UDPAddr).AddrPort().Addr().Unmap(), nil
}
