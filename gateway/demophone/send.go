package demophone

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// pending is a message that is repeated until the other side reacts.
type pending struct {
	raw      []byte
	to       netip.AddrPort
	interval time.Duration
	until    time.Time
	timer    *time.Timer
}

// refuse ends the call with a failure, which the caller acknowledges.
func (c *call) refuse(status int, reason string) {
	c.set(Refused)
	c.respond(status, reason, nil)
	c.insist(c.reply, c.invite.from)
}

// respond answers the newest INVITE.
func (c *call) respond(status int, reason string, sdp []byte) {
	r := c.invite.reply(status, reason, c.tag)
	r.add("Contact", "<"+c.phone.URI()+">")
	r.add("Allow", allowed)
	if sdp != nil {
		r.add("Content-Type", "application/sdp")
		r.body = sdp
	}
	c.reply = r.bytes()
	c.write(c.reply, c.invite.from)
}

// insist repeats a message until pending is stopped.
func (c *call) insist(raw []byte, to netip.AddrPort) {
	c.pending.raw, c.pending.to = raw, to
	c.pending.interval, c.pending.until = timer1, time.Now().Add(patience)
	c.pending.timer.Reset(timer1)
}

// repeat sends the pending message once more. When patience is over it gives up and reports whether the call goes on.
func (c *call) repeat() bool {
	if time.Now().After(c.pending.until) {
		c.log.Warn("the other side does not react")
		if c.is(Answered) {
			c.endSelf()
			return true
		}
		return false
	}
	c.write(c.pending.raw, c.pending.to)
	c.pending.interval = min(2*c.pending.interval, timer2)
	c.pending.timer.Reset(c.pending.interval)
	return true
}

// bye is the request that ends the dialog, and where it goes: along the route the INVITE recorded, or to the
// caller's contact (RFC 3261 section 12.2.1.1).
func (c *call) bye() (raw []byte, to netip.AddrPort) {
	c.cseq++
	target := address(c.invite.get("Contact"))
	local := c.invite.get("To")
	if param(local, "tag") == "" {
		local += ";tag=" + c.tag
	}
	m := &message{method: "BYE", uri: target}
	m.add("Via", fmt.Sprintf("SIP/2.0/UDP %s;rport;branch=z9hG4bK%s", c.phone.addr, token()))
	m.add("Max-Forwards", "70")
	m.add("From", local)
	m.add("To", c.invite.get("From"))
	m.add("Call-ID", c.id)
	m.add("CSeq", fmt.Sprintf("%d BYE", c.cseq))
	next := target
	if route := c.invite.all("Record-Route"); len(route) > 0 {
		next = address(route[0])
		m.add("Route", strings.Join(route, ", "))
	}
	to = c.invite.from
	if addr, err := net.ResolveUDPAddr("udp", hostPort(next)); err == nil {
		to = addr.AddrPort()
	}
	return m.bytes(), to
}

func (c *call) send(m *message, to netip.AddrPort) { c.write(m.bytes(), to) }

func (c *call) write(raw []byte, to netip.AddrPort) { c.phone.write(raw, to) }
