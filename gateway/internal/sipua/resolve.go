package sipua

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// Resolver asks the DNS. *net.Resolver is one: it returns SRV records in the order in which they are to be tried, by
// priority and by chance according to their weights.
type Resolver interface {
	LookupSRV(ctx context.Context, service, proto, name string) (string, []*net.SRV, error)
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// maxServers is how many servers of one domain are tried.
const maxServers = 6

// addresses are where a hop can be reached, in the order in which to try them (RFC 3263 section 4.2).
func (a *Agent) addresses(ctx context.Context, h hop) ([]netip.AddrPort, error) {
	if h.remote.IsValid() {
		return []netip.AddrPort{h.remote}, nil
	}
	if ip, err := netip.ParseAddr(h.host); err == nil {
		if !a.speaks(ip) {
			return nil, a.foreign(h.host)
		}
		return []netip.AddrPort{netip.AddrPortFrom(ip.Unmap(), uint16(h.port))}, nil
	}
	var unfound error
	if h.open {
		var servers []netip.AddrPort
		if servers, unfound = a.servers(ctx, h); len(servers) > 0 {
			return a.silent.last(servers), nil
		}
	}
	ip, err := a.lookup(ctx, h.host)
	if err != nil {
		return nil, cmp.Or(unfound, err)
	}
	return []netip.AddrPort{netip.AddrPortFrom(ip, uint16(h.port))}, nil
}

// servers are the servers that a domain names for a transport, and why one of them is left out.
func (a *Agent) servers(ctx context.Context, h hop) (servers []netip.AddrPort, unfound error) {
	service, proto := "sip", strings.ToLower(h.transport)
	if h.transport == "TLS" {
		service, proto = "sips", "tcp"
	}
	records, err := a.records(ctx, service, proto, h.host)
	if err != nil {
		return nil, nil // it names none
	}
	for _, record := range records[:min(len(records), maxServers)] {
		ip, err := a.lookup(ctx, strings.TrimSuffix(record.Target, "."))
		if err != nil {
			a.log.Debug("sip server not found", "domain", h.host, "server", record.Target, "error", err)
			unfound = err
			continue
		}
		servers = append(servers, netip.AddrPortFrom(ip, record.Port))
	}
	return servers, unfound
}

// records are a domain's service records. The library asks on for as long as the deadline of ctx allows, whatever becomes of
// ctx; that is not waited for.
func (a *Agent) records(ctx context.Context, service, proto, domain string) ([]*net.SRV, error) {
	type answer struct {
		records []*net.SRV
		err     error
	}
	answered := make(chan answer, 1)
	go func() {
		_, records, err := a.params.Resolver.LookupSRV(ctx, service, proto, domain)
		answered <- answer{records, err}
	}()
	select {
	case got := <-answered:
		return got.records, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lookup finds an address of a host that our socket can reach. IPv4 is preferred, as sipgo does.
func (a *Agent) lookup(ctx context.Context, host string) (netip.Addr, error) {
	ips, err := a.params.Resolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, &plight{gateway.EndUnreachable, fmt.Errorf("resolve %s: %w", host, err)}
	}
	if len(ips) == 0 {
		return netip.Addr{}, &plight{gateway.EndUnreachable, fmt.Errorf("resolve %s: no address", host)}
	}
	ips = slices.DeleteFunc(ips, func(ip netip.Addr) bool { return !a.speaks(ip) })
	if len(ips) == 0 {
		return netip.Addr{}, a.foreign(host)
	}
	four := slices.IndexFunc(ips, func(ip netip.Addr) bool { return ip.Unmap().Is4() })
	return ips[max(four, 0)].Unmap(), nil
}

// speaks reports whether an address is of a version of IP that our socket sends by: one that is bound to no address sends by
// both, if the machine does.
func (a *Agent) speaks(ip netip.Addr) bool {
	if a.udp == nil {
		return true
	}
	bound := a.Addr().Addr().Unmap()
	return bound == netip.IPv6Unspecified() || bound.Is4() == ip.Unmap().Is4()
}

// foreign says that a host cannot be reached by the version of IP that is spoken here.
func (a *Agent) foreign(host string) error {
	return &plight{gateway.EndFamily, fmt.Errorf("resolve %s: it has no address of the version that sip_host %s has; "+
		"give sip_host an address of the other version, or leave it empty for both", host, a.Addr().Addr())}
}

// elsewhere reports whether a request is to be tried at the next server: this one did not answer, or says so itself (RFC
// 3263 section 4.3).
func elsewhere(res *sip.Response, err error) bool {
	if res == nil {
		return err != nil
	}
	return res.StatusCode == sip.StatusServiceUnavailable
}
