package sipua

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"

	"callcast/gateway/internal/stun"
)

// How a STUN server is asked: the pauses double.
const (
	stunFirstWait = 250 * time.Millisecond
	stunTries     = 4
)

var errNoMirror = errors.New("the STUN server does not answer")

// mirror asks a STUN server again and again how our UDP socket looks from outside, which keeps it open as well.
type mirror struct {
	agent   *Agent
	server  string
	answers chan []byte   // holds the latest
	ready   chan struct{} // closed when the first attempt is over
}

func newMirror(a *Agent, server string) *mirror {
	m := &mirror{agent: a, server: server, answers: make(chan []byte, 1), ready: make(chan struct{})}
	if server == "" {
		close(m.ready)
	}
	return m
}

// take is given what arrives at the socket. It reports whether that was STUN.
func (m *mirror) take(b []byte) bool {
	if m.server == "" || !stun.Is(b) {
		return false
	}
	select {
	case m.answers <- bytes.Clone(b):
	default:
	}
	return true
}

// run asks until the agent is closed.
func (m *mirror) run() {
	a := m.agent
	defer a.contain("stun")
	next := time.NewTicker(a.timing.beat)
	defer next.Stop()
	for first := true; ; first = false {
		server, told, err := m.ask()
		if a.nat.reflect(server, told) && !first {
			a.relocate()
		}
		if a.params.OnPublic != nil && a.life.Err() == nil {
			a.params.OnPublic(told, err)
		}
		if first {
			close(m.ready)
		}
		select {
		case <-next.C:
		case <-a.life.Done():
			return
		}
	}
}

// ask asks once, with repetitions. If there is no answer, neither server nor address is valid.
func (m *mirror) ask() (server, told netip.AddrPort, err error) {
	var none netip.AddrPort
	ctx, cancel := context.WithTimeout(m.agent.life, m.agent.timing.dial)
	defer cancel()
	if server, err = m.resolve(ctx); err != nil {
		return none, none, err
	}
	request := stun.NewRequest()
	wait := stunFirstWait
	for range stunTries {
		if _, err := m.agent.udp.WriteTo(request[:], net.UDPAddrFromAddrPort(server)); err != nil {
			return none, none, err
		}
		if told, ok := m.await(ctx, wait, request); ok {
			return server, told, nil
		}
		wait *= 2
	}
	return none, none, fmt.Errorf("%w: %s", errNoMirror, server)
}

// await waits for the answer to a request.
func (m *mirror) await(ctx context.Context, wait time.Duration, request stun.Request) (netip.AddrPort, bool) {
	limit := time.NewTimer(wait)
	defer limit.Stop()
	for {
		select {
		case b := <-m.answers:
			if told, ok := request.Reflected(b); ok {
				return told, true
			}
		case <-limit.C:
			return netip.AddrPort{}, false
		case <-ctx.Done():
			return netip.AddrPort{}, false
		}
	}
}

func (m *mirror) resolve(ctx context.Context) (netip.AddrPort, error) {
	host, service, err := net.SplitHostPort(m.server)
	if err != nil {
		host, service = bareHost(m.server), strconv.Itoa(stun.Port)
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		ips, err := m.agent.lookup(ctx, host)
		if err != nil {
			return netip.AddrPort{}, err
		}
		ip = ips[0]
	}
	return netip.AddrPortFrom(ip.Unmap(), uint16(port)), nil
}

// STUNServer is who told that our address is ip, to be asked how other ports look from outside. It is invalid if nobody
// told, if that was configured, or if the server does not answer any more.
func (a *Agent) STUNServer(ip netip.Addr) netip.AddrPort { return a.nat.teller(ip) }

// settle waits until the STUN server had its chance.
func (a *Agent) settle(ctx context.Context) {
	select {
	case <-a.mirror.ready:
	case <-ctx.Done():
	case <-a.life.Done():
	}
}

// relocate has every account that is registered by UDP register again: we are elsewhere now.
func (a *Agent) relocate() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, r := range a.registrations {
		if r.via.transport == "UDP" {
			r.nudge(r.moves)
		}
	}
}

// ping sends what a NAT on the way takes for life, and a server for nothing (RFC 5626 section 3.5.1).
func (a *Agent) ping(remote netip.AddrPort) {
	if _, err := a.udp.WriteTo([]byte("\r\n\r\n"), net.UDPAddrFromAddrPort(remote)); err != nil {
		a.log.Debug("keep-alive not sent", "remote", remote, "error", err)
	}
}
