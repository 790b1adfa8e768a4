package sipua

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

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
	q := question{h.transport, strings.ToLower(h.host), h.port, h.open}
	known := a.directory.read(q)
	if !known.counts() {
		now, err := a.consult(ctx, h, known)
		switch {
		case err == nil:
			now.at = time.Now()
			known = now
		case isUnknown(err) || len(known.servers) == 0 || errors.Is(ctx.Err(), context.Canceled):
			return nil, err
		default:
			a.log.Warn("the DNS does not answer", "host", h.host, "error", err, "said", known.at)
			known.silent = time.Now()
		}
		a.directory.write(q, known)
	}
	return a.silent.last(slices.Clone(known.servers)), nil
}

// consult asks the DNS. known is what it said before.
func (a *Agent) consult(ctx context.Context, h hop, known found) (found, error) {
	if !h.open {
		ips, err := a.lookup(ctx, h.host)
		return found{servers: at(ips, h.port)}, err
	}
	records, unasked := a.records(ctx, h)
	if unasked != nil && (len(known.records) > 0 || isUnknown(unasked)) {
		return found{}, unasked
	}
	if len(records) > 0 {
		f := found{records: known.inOrder(records)}
		var err error
		f.servers, err = a.servers(ctx, h.host, f.records[:min(len(records), maxServers)])
		return f, err
	}
	ips, err := a.lookup(ctx, h.host)
	switch {
	case isUnknown(err) && unasked != nil: // some routers let questions for records lie, but this host has nothing else
		err = unasked
	case isUnknown(err):
		err = &plight{gateway.EndUnreachable, fmt.Errorf("%w and the transport: the DNS names no server of it for %s", err, h.transport)}
	}
	return found{servers: at(ips, h.port)}, err
}

// records are those that name a domain's servers for a transport; none if it has none.
func (a *Agent) records(ctx context.Context, h hop) ([]net.SRV, error) {
	service, proto := "sip", strings.ToLower(h.transport)
	if h.transport == "TLS" {
		service, proto = "sips", "tcp"
	}
	all, err := a.services(ctx, service, proto, h.host)
	switch {
	case len(all) == 0 && (err == nil || isUnknown(err)):
		return nil, nil
	case len(all) == 0:
		return nil, unanswered(h.host, err)
	}
	var records []net.SRV
	for _, record := range all { // also if err says that others are malformed
		if record.Target != "." {
			records = append(records, *record)
		}
	}
	if len(records) == 0 { // RFC 2782: the service is decidedly not available
		return nil, &plight{gateway.EndUnreachable, fmt.Errorf("resolve %s: %w by %s; choose another transport, or name an outbound proxy", h.host, errNoService, h.transport)}
	}
	return records, nil
}

// services asks for records. The library asks on for as long as the deadline of ctx allows, whatever becomes of ctx; that is
// not waited for.
func (a *Agent) services(ctx context.Context, service, proto, domain string) ([]*net.SRV, error) {
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

// servers are where the records lead, those without the hosts that are not found, and why if none is. All are looked up at
// once: one that takes long must not take the time of the others.
func (a *Agent) servers(ctx context.Context, domain string, records []net.SRV) ([]netip.AddrPort, error) {
	ips, errs := make([][]netip.Addr, len(records)), make([]error, len(records))
	var asking sync.WaitGroup
	for i, record := range records {
		asking.Go(func() { ips[i], errs[i] = a.lookup(ctx, record.Target) })
	}
	asking.Wait()
	var servers []netip.AddrPort
	for i, record := range records {
		if errs[i] != nil {
			a.log.Debug("sip server not found", "server", record.Target, "error", errs[i])
		}
		servers = append(servers, at(ips[i], int(record.Port))...)
	}
	if len(servers) == 0 {
		return nil, fmt.Errorf("no server of %s is found: %w", domain, errs[0])
	}
	return servers[:min(len(servers), maxServers)], nil
}

func at(ips []netip.Addr, port int) []netip.AddrPort {
	all := make([]netip.AddrPort, min(len(ips), maxServers))
	for i := range all {
		all[i] = netip.AddrPortFrom(ips[i], uint16(port))
	}
	return all
}

// lookup finds the addresses of a host that our socket can reach. If there are such of IPv4 they are all, as in sipgo. The dot
// at the end of a server's name stays: without it the machine's search domains might lead elsewhere.
func (a *Agent) lookup(ctx context.Context, host string) ([]netip.Addr, error) {
	ips, err := a.params.Resolver.LookupNetIP(ctx, "ip", host)
	name := strings.TrimSuffix(host, ".")
	switch {
	case isUnknown(err):
		return nil, &plight{gateway.EndUnreachable, fmt.Errorf("resolve %s: %w; check the name", name, err)}
	case err != nil:
		return nil, unanswered(name, err)
	case len(ips) == 0:
		return nil, &plight{gateway.EndUnreachable, fmt.Errorf("resolve %s: no address", name)}
	}
	var four, six []netip.Addr
	for _, ip := range ips {
		switch ip = ip.Unmap(); {
		case !a.speaks(ip):
		case ip.Is4():
			four = append(four, ip)
		default:
			six = append(six, ip)
		}
	}
	switch {
	case len(four) > 0:
		return four, nil
	case len(six) > 0:
		return six, nil
	default:
		return nil, a.foreign(name)
	}
}

var errNoService = errors.New("its DNS says that it offers no SIP")

// unanswered says that the DNS could not be asked.
func unanswered(name string, err error) error {
	return &plight{gateway.EndUnreachable, fmt.Errorf("resolve %s: %w; check the network and its name servers", name, err)}
}

// isUnknown reports whether the DNS has said that there is no such thing. Any other error may pass.
func isUnknown(err error) bool {
	if e, ok := errors.AsType[*net.DNSError](err); ok {
		return e.IsNotFound
	}
	return errors.Is(err, errNoService)
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

// turn is for a server to answer in, if there are more to try. RFC 3261 would wait half a minute for each.
func (a *Agent) turn(ctx context.Context, more bool) (context.Context, context.CancelFunc) {
	if !more {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, a.timing.turn)
}

// elsewhere reports whether a request is to be tried at the next server: this one did not answer, or says so itself (RFC
// 3263 section 4.3).
func elsewhere(res *sip.Response, err error) bool {
	if res == nil {
		return err != nil
	}
	return res.StatusCode == sip.StatusServiceUnavailable
}
