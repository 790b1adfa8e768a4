package sipua

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"
)

// StatusError is a request inside a dialog that was refused. 408 also stands for no answer at all.
type StatusError struct {
	Status int
	Reason string
}

func (e *StatusError) Error() string { return fmt.Sprintf("%d %s", e.Status, e.Reason) }

// SIPStatus is what the other side said.
func (e *StatusError) SIPStatus() int { return e.Status }

// maxCrossings is how often a change of the session is tried again because it crossed the other side's.
const maxCrossings = 4

var errNoOffer = errors.New("a re-INVITE needs a session description")

// Reinvite offers the other side a change of the session and returns its answer, or a *StatusError. It waits while the
// other side has a change under way, and for its turn again when both crossed. If ctx ends first the offer is taken
// back, and the session stays as it was. It must not be called from the function that handles the dialog's events,
// which may be what it waits for.
func (d *Dialog) Reinvite(ctx context.Context, sdp []byte) (answer []byte, err error) {
	s := d.session()
	if s == nil || d.isAbandoned() {
		return nil, ErrNotEstablished
	}
	if len(sdp) == 0 {
		return nil, errNoOffer
	}
	if !d.agent.enter(func() { answer, err = d.change(ctx, s, sip.INVITE, sdp) }) {
		return nil, errClosed
	}
	return answer, err
}

// change sends a re-INVITE or an UPDATE, again after a while if the other side's crossed it (RFC 3261 section 14.1).
func (d *Dialog) change(ctx context.Context, s *session, method sip.RequestMethod, sdp []byte) ([]byte, error) {
	ctx, stop := until(ctx, d.abandoned)
	defer stop()
	for crossings := 0; ; crossings++ {
		res, err := d.changeOnce(ctx, s, method, sdp)
		switch {
		case res == nil:
			return nil, d.lost(err)
		case res.IsSuccess():
			return sdpOf(res), nil
		case res.StatusCode != sip.StatusRequestPending || crossings == maxCrossings:
			return nil, d.refusedBy(res.StatusCode, res.Reason)
		}
		select {
		case <-time.After(d.agent.timing.crossed(d.caller)):
		case <-ctx.Done():
			return nil, d.lost(ctx.Err())
		}
	}
}

// lost is the error of a change that got no final response.
func (d *Dialog) lost(err error) error {
	switch {
	case d.isAbandoned():
		return ErrNotEstablished
	case errors.Is(err, sip.ErrTransactionTimeout):
		return d.refusedBy(sip.StatusRequestTimeout, "no answer")
	default:
		return err
	}
}

// refusedBy is the error of a change that was refused. Two refusals mean that the other side has no such call any more
// (RFC 3261 section 12.2.1.2).
func (d *Dialog) refusedBy(status int, reason string) error {
	err := &StatusError{Status: status, Reason: reason}
	if status == sip.StatusRequestTimeout || status == sip.StatusCallTransactionDoesNotExists {
		d.abandon(byUs, "the call is gone: "+err.Error())
	}
	return err
}

// changeOnce makes one change when it is our turn, meeting challenges and the other side's wish for a slower session
// timer.
func (d *Dialog) changeOnce(ctx context.Context, s *session, method sip.RequestMethod, sdp []byte) (*sip.Response, error) {
	if err := d.turn.wait(ctx); err != nil {
		return nil, err
	}
	defer d.turn.pass()
	for {
		res, err := s.offer(ctx, method, sdp)
		if err != nil || d.terms.raise(res) && ctx.Err() == nil {
			if err != nil {
				return res, err
			}
			continue
		}
		if res.IsSuccess() {
			s.proposed(sdp)
			d.agreed(res)
		}
		return res, nil
	}
}

// offer sends a re-INVITE or an UPDATE and waits for its final response.
func (s *session) offer(ctx context.Context, method sip.RequestMethod, sdp []byte) (*sip.Response, error) {
	fill := func(req *sip.Request) {
		req.AppendHeader(s.contact.Clone())
		s.d.describe(req, s.d.lease.refresher())
	}
	if method == sip.INVITE {
		return s.reinvite(ctx, sdp, fill)
	}
	res, err := s.do(ctx, method, "application/sdp", sdp, fill)
	if err == nil && res.IsSuccess() {
		s.refresh(res)
	}
	return res, err
}

// reinvite sends an INVITE inside the dialog, meeting challenges, and acknowledges a 2xx.
func (s *session) reinvite(ctx context.Context, sdp []byte, fill func(*sip.Request)) (*sip.Response, error) {
	s.d.creds.begin()
	for {
		dial, cancel := context.WithTimeout(ctx, s.d.agent.timing.dial)
		inv, err := s.invite(dial, ctx.Done(), sdp, fill)
		cancel()
		if err != nil {
			return nil, err
		}
		res, err := inv.await()
		switch {
		case errors.Is(err, errGaveUp):
			s.d.agent.spawn(inv.linger)
			return nil, ctx.Err()
		case err != nil:
			return nil, err
		case res.IsSuccess():
			s.accepted(inv, res)
			return res, nil
		case !challenges(res) || ctx.Err() != nil:
			return res, nil
		}
		if err := s.d.creds.learn(res); err != nil {
			return res, &authError{err}
		}
	}
}

// invite puts one INVITE of the dialog on the network.
func (s *session) invite(ctx context.Context, quit <-chan struct{}, sdp []byte, fill func(*sip.Request)) (*invitation, error) {
	req, err := s.request(ctx, sip.INVITE)
	if err != nil {
		return nil, err
	}
	fill(req)
	setBody(req, "application/sdp", sdp)
	inv := &invitation{d: s.d, req: req, quit: quit, progress: func(*sip.Response) {}}
	inv.late = func(res *sip.Response) { s.accepted(inv, res) }
	return inv, inv.send(ctx)
}

// accepted acknowledges the 2xx of a re-INVITE.
func (s *session) accepted(inv *invitation, res *sip.Response) {
	s.refresh(res)
	s.d.confirm(s, inv.req)
}
