package demophone

import (
	"context"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// SIP's timers (RFC 3261 section 17.1.1.1), and how long an answer is repeated for want of an ACK.
const (
	timer1     = 500 * time.Millisecond
	timer2     = 4 * time.Second
	patience   = 64 * timer1
	inboxDepth = 16 // messages; more are lost as UDP loses them
)

// incoming is a message of a call and where it came from.
type incoming struct {
	*message
	from netip.AddrPort
}

// call is one dialog. Its goroutine, run, owns everything but what mu guards.
type call struct {
	phone  *Phone
	log    *slog.Logger
	id     string
	from   string // the caller
	tag    string
	inbox  chan incoming
	hangup chan struct{} // closed by Phone.Hangup

	invite  incoming // the newest INVITE
	reply   []byte   // the last answer to it
	session *session
	version int // of our SDP
	pending pending
	cseq    int // of our own requests

	mu    sync.Mutex // guards what follows
	state State
	hung  bool
}

func (c *call) run(ctx context.Context) {
	defer c.end()
	c.pending.timer = time.NewTimer(0)
	<-c.pending.timer.C
	defer c.pending.timer.Stop()
	c.ring()
	answer := time.NewTimer(c.phone.params.AnswerDelay)
	defer answer.Stop()
	hangup := c.hangup
	for {
		select {
		case <-ctx.Done():
			c.abandon()
			return
		case <-hangup:
			hangup = nil
			c.endSelf()
		case <-answer.C:
			if c.is(Ringing) {
				c.accept()
			}
		case <-c.pending.timer.C:
			if !c.repeat() {
				return
			}
		case in := <-c.inbox:
			if !c.handle(in) {
				return
			}
		}
	}
}

// ring says that the phone rings, or refuses the call.
func (c *call) ring() {
	p := &c.phone.params
	switch {
	case p.Silent:
		c.set(Silent)
	case p.Reject != 0:
		c.refuse(p.Reject, p.RejectReason)
	case !p.EarlyMedia:
		c.set(Ringing)
		c.respond(180, "Ringing", nil)
	case c.offer() == nil:
		c.set(Ringing)
		c.respond(183, "Session Progress", c.body())
		c.phone.pacer.add(c.session)
	}
}

// offer takes the newest INVITE's offer, or refuses the call.
func (c *call) offer() error {
	err := c.negotiate()
	if err != nil {
		c.log.Info("offer refused", "err", err)
		c.refuse(488, "Not Acceptable Here")
	}
	return err
}

func (c *call) negotiate() error {
	sections, err := parseOffer(c.invite.body)
	if err != nil {
		return err
	}
	lines, err := choose(sections, !c.phone.params.NoVideo)
	if err != nil {
		return err
	}
	if c.session == nil {
		s, err := newSession(c.id, c.phone.addr.Addr(), c.phone.clip, &c.phone.params)
		if err != nil {
			return err
		}
		c.mu.Lock()
		c.session = s
		c.mu.Unlock()
	}
	c.session.use(lines)
	c.version++
	return nil
}

func (c *call) body() []byte {
	return answer(c.session.lines(), c.phone.addr.Addr(), c.session.ports(), c.version,
		int(c.phone.params.PTime/time.Millisecond))
}

// accept answers the call.
func (c *call) accept() {
	if c.session == nil && c.offer() != nil {
		return
	}
	c.set(Answered)
	c.respond(200, "OK", c.body())
	c.insist(c.reply, c.invite.from)
	c.phone.pacer.add(c.session)
}

// handle acts on a message and reports whether the call goes on.
func (c *call) handle(in incoming) bool {
	switch in.method {
	case "":
		return c.handleResponse(in)
	case "INVITE":
		c.reinvite(in)
	case "ACK":
		return c.acked()
	case "CANCEL":
		c.send(in.reply(200, "OK", c.tag), in.from)
		if c.is(Ringing) || c.is(Silent) {
			c.refuse(487, "Request Terminated")
		}
	case "BYE":
		c.send(in.reply(200, "OK", c.tag), in.from)
		if c.is(Ringing) {
			c.refuse(487, "Request Terminated")
			return true
		}
		return false
	case "INFO":
		if c.session != nil && c.session.info(in.get("Content-Type"), in.body) {
			c.send(in.reply(200, "OK", c.tag), in.from)
		} else {
			c.send(in.reply(415, "Unsupported Media Type", c.tag), in.from)
		}
	case "OPTIONS":
		c.send(in.reply(200, "OK", c.tag), in.from)
	default:
		c.send(in.reply(405, "Method Not Allowed", c.tag), in.from)
	}
	return true
}

// handleResponse ends the call when the BYE we sent is answered.
func (c *call) handleResponse(in incoming) bool {
	_, method := in.cseq()
	return method != "BYE" || in.status < 200 || !c.is(Leaving)
}

// acked notes that our answer arrived. A refused call is over then.
func (c *call) acked() bool {
	c.pending.timer.Stop()
	if c.is(Answered) {
		c.set(Established)
		c.log.Info("call is up")
	}
	return !c.is(Refused)
}

// reinvite answers a repeated INVITE as before and a new one according to its offer.
func (c *call) reinvite(in incoming) {
	have, _ := c.invite.cseq()
	if n, _ := in.cseq(); n <= have {
		if c.reply != nil {
			c.write(c.reply, in.from)
		}
		return
	}
	if !c.is(Established) && !c.is(Answered) {
		c.send(in.reply(491, "Request Pending", c.tag), in.from)
		return
	}
	c.invite = in
	if err := c.negotiate(); err != nil {
		c.respond(488, "Not Acceptable Here", nil)
		return
	}
	c.set(Answered)
	c.respond(200, "OK", c.body())
	c.insist(c.reply, in.from)
}

// endSelf hangs up.
func (c *call) endSelf() {
	switch {
	case c.is(Ringing) || c.is(Silent):
		c.refuse(603, "Decline")
	case c.is(Established) || c.is(Answered):
		c.set(Leaving)
		raw, to := c.bye()
		c.write(raw, to)
		c.insist(raw, to)
	}
}

// abandon tells the other side once that the phone is going away.
func (c *call) abandon() {
	switch {
	case c.is(Ringing):
		c.respond(480, "Temporarily Unavailable", nil)
	case c.is(Established) || c.is(Answered):
		raw, to := c.bye()
		c.write(raw, to)
	}
}

// end frees what the call holds.
func (c *call) end() {
	c.set(Ended)
	if c.session != nil {
		c.phone.pacer.remove(c.session)
		c.session.close()
	}
	c.log.Info("call ended")
}

func (c *call) set(s State) {
	c.mu.Lock()
	c.state = s
	c.mu.Unlock()
}

func (c *call) is(s State) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == s
}

// leave asks the call's goroutine to hang up.
func (c *call) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.hung {
		c.hung = true
		close(c.hangup)
	}
}
