package engine

import (
	"fmt"
	"net/netip"

	"callcast/gateway"
	"callcast/gateway/internal/rtpio"
)

// reflected takes in what the STUN server said of our public address, or why it did not. Without it SIP goes on with the
// addresses of this machine.
func (e *Engine) reflected(told netip.AddrPort, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if known := e.stun; !known.asked || (known.err == nil) != (err == nil) || known.told != told {
		e.log.Info("STUN", "server", e.config.SIP.STUN, "public", told, "err", err)
	}
	e.stun = mirrored{asked: true, told: told, err: err}
	for _, l := range e.bus.Snapshot().Listeners {
		if l.Name != "sip" || l.Err != nil && l.Err.Reason != gateway.ReasonSTUN || (l.Err == nil) == (err == nil) {
			continue
		}
		l.Err, l.Setting = nil, "sip_port"
		if err != nil {
			l.Err, l.Setting = e.stunError(err), "sip_stun"
		}
		e.bus.SetListener(l)
	}
}

// reflection asks how the ports of a call that names ip look from outside. It is nil if they look as they are: the address
// is configured, or ours on the route to a neighbour.
func (e *Engine) reflection(ip netip.Addr) func(ports ...*rtpio.Conn) {
	server := e.agent.STUNServer(ip)
	if !server.IsValid() {
		return nil
	}
	return func(ports ...*rtpio.Conn) {
		err := rtpio.Reflect(server, ports...)
		if untold := err != nil; e.portsUntold.Swap(untold) != untold {
			e.log.Warn("STUN of media ports", "server", server, "err", err)
		}
	}
}

// mirrored is what the STUN server said last.
type mirrored struct {
	asked bool
	told  netip.AddrPort
	err   error
}

func (e *Engine) stunError(err error) *gateway.Error {
	server := e.config.SIP.STUN
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonSTUN, Field: "sip_stun", Value: server, Err: err,
		Message: fmt.Sprintf("sip_stun %q: the public address is not known (%v); SIP names the addresses of this machine. "+
			"Name another server, or give sip_public_ip.", server, err),
	}
}
