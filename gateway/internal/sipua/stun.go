package sipua

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// The few numbers of STUN that matter here (RFC 8489).
const (
	stunPort          = 3478
	stunHeader        = 20
	stunCookie        = 0x2112a442
	stunRequest       = 0x0001
	stunSuccess       = 0x0101
	stunMapped        = 0x0001
	stunMappedXOR     = 0x0020
	stunFirstWait     = 250 * time.Millisecond
	stunTries         = 4
	stunFamilyFour    = 1
	stunFamilySix     = 2
	stunAddressOffset = 4
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
	if m.server == "" || len(b) < stunHeader || b[0] > 3 || binary.BigEndian.Uint32(b[4:]) != stunCookie {
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
		told, err := m.ask()
		if err == nil && a.nat.reflect(told) && !first {
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

// ask asks once, with repetitions.
func (m *mirror) ask() (netip.AddrPort, error) {
	ctx, cancel := context.WithTimeout(m.agent.life, m.agent.timing.dial)
	defer cancel()
	server, err := m.resolve(ctx)
	if err != nil {
		return netip.AddrPort{}, err
	}
	request := binary.BigEndian.AppendUint16(nil, stunRequest)
	request = binary.BigEndian.AppendUint32(append(request, 0, 0), stunCookie)
	id := make([]byte, stunHeader-len(request))
	_, _ = rand.Read(id) // never fails
	request = append(request, id...)
	wait := stunFirstWait
	for range stunTries {
		if _, err := m.agent.udp.WriteTo(request, net.UDPAddrFromAddrPort(server)); err != nil {
			return netip.AddrPort{}, err
		}
		if told, ok := m.await(ctx, wait, request[4:]); ok {
			return told, nil
		}
		wait *= 2
	}
	return netip.AddrPort{}, fmt.Errorf("%w: %s", errNoMirror, server)
}

// await waits for the answer that begins with what follows a request's length.
func (m *mirror) await(ctx context.Context, wait time.Duration, begins []byte) (netip.AddrPort, bool) {
	limit := time.NewTimer(wait)
	defer limit.Stop()
	for {
		select {
		case b := <-m.answers:
			if told, ok := reflected(b); ok && bytes.Equal(b[4:stunHeader], begins) {
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
		host, service = bareHost(m.server), strconv.Itoa(stunPort)
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

// reflected reads the address in an answer.
func reflected(b []byte) (netip.AddrPort, bool) {
	if len(b) < stunHeader || binary.BigEndian.Uint16(b) != stunSuccess {
		return netip.AddrPort{}, false
	}
	var plain netip.AddrPort
	for rest := b[stunHeader:]; len(rest) >= 4; {
		kind, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if rest = rest[4:]; size > len(rest) {
			break
		}
		switch value := rest[:size]; kind {
		case stunMappedXOR:
			masked := bytes.Clone(value)
			if len(masked) < stunAddressOffset {
				return netip.AddrPort{}, false
			}
			mask := append(b[4:6:6], b[4:stunHeader]...) // the port's, and the address's
			for i := range min(len(masked)-2, len(mask)) {
				masked[2+i] ^= mask[i]
			}
			return addressIn(masked)
		case stunMapped:
			plain, _ = addressIn(value)
		}
		rest = rest[min(len(rest), (size+3)&^3):]
	}
	return plain, plain.IsValid()
}

// addressIn reads an address attribute.
func addressIn(value []byte) (netip.AddrPort, bool) {
	if len(value) < stunAddressOffset {
		return netip.AddrPort{}, false
	}
	ip, ok := netip.AddrFromSlice(value[stunAddressOffset:])
	if !ok || ip.Is4() != (value[1] == stunFamilyFour) || ip.Is6() != (value[1] == stunFamilySix) || ip.IsUnspecified() {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(ip, binary.BigEndian.Uint16(value[2:])), true
}

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
