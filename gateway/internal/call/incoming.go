package call

import (
	"context"
	"fmt"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/sdp"
)

// Ringing is the SIP side of a call to us that waits to be taken. As a dialog it can only be hung up, which refuses it.
type Ringing interface {
	Dialog
	Ring()
	// Answer takes the call with our description. What follows comes through the Leg's On methods, as after Invite.
	Answer(sdp []byte, l *Leg) Dialog
}

// Incoming is what a call to us has that one of ours has not.
type Incoming struct {
	Ringing      Ringing
	Offer        []byte // the caller's description; empty: we are to make one
	Caller       string
	Registration string
	NoAnswer     time.Duration // how long it may ring; 0 = as long as the caller likes
	AtOnce       bool          // it does not ring, but is answered
}

// begin takes the first step. For a call that rings it tells when it has rung long enough.
func (c *Call) begin(life context.Context) (limit <-chan time.Time) {
	in := c.p.Incoming
	if in == nil {
		c.step(life, started{register: c.p.Spec.Account.Register})
		return nil
	}
	c.dialog = in.Ringing
	c.step(life, called{late: len(in.Offer) == 0, atOnce: in.AtOnce})
	if in.NoAnswer <= 0 || in.AtOnce {
		return nil
	}
	return time.After(in.NoAnswer)
}

// Take answers a call that rings; browser tells whether one talks in it, and p what it becomes. It returns once the answer
// is on its way, or cannot be.
func (c *Call) Take(browser bool, p Publication) error {
	rings := make(chan bool, 1)
	c.send(func(life context.Context) {
		rang := c.state.rings()
		if rang {
			c.browser = browser
			c.publishes(p)
			c.step(life, taken{})
		}
		rings <- rang
	})
	select {
	case rang := <-rings:
		if rang {
			return nil
		}
	case <-c.done:
	}
	return c.NotRinging()
}

// NotRinging says that the call is none that could be taken.
func (c *Call) NotRinging() *gateway.Error {
	return &gateway.Error{
		Code: gateway.CodeConflict, Reason: gateway.ReasonNotRinging, Field: "callId", Value: c.p.Spec.ID,
		Message: fmt.Sprintf("callId %q: it does not ring here; only an incoming call in RING can be answered.", c.p.Spec.ID),
	}
}

// take opens the media and answers.
func (c *Call) take() event {
	media, err := c.p.Media(c.info)
	if err != nil {
		c.log.Error("no media", "err", err)
		return hangup{gateway.EndInternal}
	}
	c.media = media
	in, answer := c.p.Incoming, media.Offer()
	if !c.state.late {
		if answer, err = media.Reoffer(in.Offer); err != nil {
			return mediaRefused{err.Error()}
		}
		c.remoteSDP = sdp.Masked(in.Offer)
	}
	c.dialog = in.Ringing.Answer(answer, c.leg)
	return nil
}
