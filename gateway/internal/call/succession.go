package call

import (
	"context"
	"errors"
	"fmt"

	"callcast/gateway"
	"callcast/gateway/internal/sdp"
)

// Referral is the other side's wish that the call goes on with somebody else.
type Referral struct {
	Target   string
	Replaces string // the dialog that the new one is to take the place of, as SIP writes it
	Require  string // the extensions of SIP that it is to insist on
	By       string // who wishes so
	Accept   func()
	Reject   func(status int)
	// Notify tells the other side how the new call goes on. After a 2xx it is hung up.
	Notify func(status int, text string)
}

// referral is a Referral under way.
type referral struct {
	target string
	notify func(status int, text string)
	leg    *Leg
	dialog Dialog
}

// Refusals of a referral (RFC 3261 section 21).
const (
	sipPending  = 491
	sipDeclined = 603
	sipGone     = 487
)

// OnReferred calls whom the other side names. The media go there when they answer; until then all stays as it is. A stranger,
// who came in by no registration, has us call nobody.
func (l *Leg) OnReferred(r Referral) {
	c := l.c
	l.send(func(context.Context) {
		switch {
		case !c.state.up() || l.trial != nil, c.p.Stays, c.stranger():
			r.Reject(sipDeclined)
			return
		case !c.changing.TryLock(): // until it is settled who the other side is
			r.Reject(sipPending)
			return
		}
		r.Accept()
		c.log.Info("the other side transfers the call", "to", r.Target)
		c.trial = &referral{target: r.Target, notify: r.Notify, leg: &Leg{c: c}}
		c.trial.leg.trial = c.trial
		c.trial.dialog = c.p.Signal.Follow(c.media.OfferAnother(), r, c.trial.leg)
	})
}

// stranger reports whether the other side came in by no registration.
func (c *Call) stranger() bool { return c.p.Incoming != nil && c.p.Incoming.Registration == "" }

// succeed makes a leg that has answered the call's own.
func (c *Call) succeed(life context.Context, l *Leg, status int, answer []byte) {
	r := c.trial
	if c.state.hangingUp {
		return // its BYE is on the way
	}
	if err := c.media.AnswerAnother(answer); err != nil {
		r.dialog.Hangup(string(gateway.EndNoMedia))
		c.fail(life, l, sipNotAcceptable, err.Error())
		return
	}
	c.settled()
	l.trial = nil
	c.remoteSDP, c.remote = sdp.Masked(answer), r.target
	if c.leg != l {
		c.leg.retired = true
		c.leg, c.dialog = l, r.dialog
	}
	r.notify(status, "")
	c.step(life, remoteHold{c.media.Held() && !c.state.held.Local})
	c.publish()
}

// fail ends the attempt to call whom the other side named. If that has left meanwhile, the call is over.
func (c *Call) fail(life context.Context, l *Leg, status int, text string) {
	r := c.trial
	if r == nil || r.leg != l {
		return
	}
	c.settled()
	l.retired = true
	c.log.Info("who was named by the other side does not take the call", "status", status, "text", text)
	if status < 300 {
		status = sipGone
	}
	r.notify(status, text)
	if c.leg == l {
		c.step(life, ended{remote: true, text: fmt.Sprintf("the other side left, and %s did not answer: %s", r.target, text)})
	}
}

// settled ends a referral.
func (c *Call) settled() {
	c.trial = nil
	c.changing.Unlock()
}

// goOn lets the call live without its leg, when that has left while whom it named is being called.
func (c *Call) goOn(l *Leg) bool {
	if c.trial == nil || c.state.hangingUp || c.leg != l {
		return false
	}
	l.retired = true
	c.leg, c.dialog = c.trial.leg, c.trial.dialog
	return true
}

// giveUp ends the attempt to call whom the other side named, because the call ends.
func (c *Call) giveUp() {
	r := c.trial
	if r == nil || c.leg == r.leg {
		return
	}
	c.settled()
	r.leg.retired = true
	r.dialog.Hangup(string(c.state.ending.Reason))
}

var errNotUp = errors.New("the call is not one that could go on with somebody else")

// OnReplaced lets a caller take the other side's place, with whom the media go on, and hangs the leg up. The other side may be one
// whom we call and who has not answered yet, also because it was named to us. If that cannot be, the caller is refused, and
// nothing changes.
func (l *Leg) OnReplaced(in Incoming) {
	l.send(func(life context.Context) {
		if err := l.replace(life, in); err != nil {
			l.c.log.Warn("call not taken over", "from", in.Caller, "err", err)
			in.Ringing.Hangup(string(gateway.EndNoMedia))
		}
	})
}

func (l *Leg) replace(life context.Context, in Incoming) error {
	c := l.c
	if !c.state.up() && !c.state.calling() {
		return errNotUp
	}
	description, err := c.describeTo(in)
	if err != nil {
		return err
	}
	c.log.Info("another takes the other side's place", "who", in.Caller)
	before := c.relieve(l)
	c.leg.retired = true
	late := len(in.Offer) == 0
	c.leg = &Leg{c: c, another: late}
	c.dialog = in.Ringing.Answer(description, c.leg)
	before.Hangup("replaced")
	c.remoteSDP, c.remote = sdp.Masked(in.Offer), in.Caller
	c.step(life, replaced{late})
	if !late {
		c.step(life, remoteHold{c.media.Held()})
	}
	c.publish()
	return nil
}

// describeTo is what a caller is told of the session who is to take the other side's place: the answer to their offer, or ours if
// they leave it to us.
func (c *Call) describeTo(in Incoming) ([]byte, error) {
	if len(in.Offer) == 0 {
		return c.media.OfferAnother(), nil
	}
	return c.media.Reoffer(in.Offer)
}

// relieve ends what is under way because somebody else takes the place of a leg's other side. It returns the leg's dialog. Who
// has named that other side has what they wished for.
func (c *Call) relieve(l *Leg) Dialog {
	if l.trial == nil {
		c.giveUp()
		return c.dialog
	}
	r := c.trial
	c.settled()
	l.retired = true
	r.notify(sipOK, "")
	return r.dialog
}
