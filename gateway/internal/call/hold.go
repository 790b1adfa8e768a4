package call

import (
	"context"
	"errors"
	"fmt"
	"time"

	"callcast/gateway"
)

// holdTime is how long the other side may take to agree.
const holdTime = 10 * time.Second

var errBusy = errors.New("another change is under way")

// Hold holds the call or takes it back. It returns when the other side has agreed.
func (c *Call) Hold(ctx context.Context, hold bool) error {
	if _, err := c.LiveMedia(ctx); err != nil {
		return err
	}
	if err := c.changeHold(ctx, hold); err != nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonHoldRefused, Field: "callId", Value: c.p.Spec.ID, Err: err,
			Message: fmt.Sprintf("callId %q: the other side does not agree (%v); try again later.", c.p.Spec.ID, err),
		}
	}
	return nil
}

func (c *Call) changeHold(ctx context.Context, hold bool) error {
	if !c.changing.TryLock() {
		return errBusy
	}
	defer c.changing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, holdTime)
	defer cancel()
	var h holding
	if err := c.within(func(context.Context) error { return c.beginHold(&h, hold) }); err != nil {
		return err
	}
	answer, err := h.dialog.Reinvite(ctx, h.offer)
	return c.within(func(life context.Context) error { return c.endHold(life, h, answer, err) })
}

// holding is a Hold under way.
type holding struct {
	on     bool
	leg    *Leg
	dialog Dialog
	offer  []byte
	undo   func()
}

func (c *Call) beginHold(h *holding, on bool) error {
	if c.dialog == nil {
		return errNoDialog
	}
	*h = holding{on: on, leg: c.leg, dialog: c.dialog}
	h.offer, h.undo = c.media.Hold(on)
	return nil
}

// endHold takes what became of a Hold. If somebody has taken the other side's place meanwhile, they were told of it as they came,
// and what the other side said is for nobody.
func (c *Call) endHold(life context.Context, h holding, answer []byte, err error) error {
	if c.leg != h.leg {
		c.step(life, localHold{h.on})
		return nil
	}
	if err == nil {
		err = c.media.Answer(answer)
	}
	if err != nil {
		h.undo()
		return err
	}
	c.step(life, localHold{h.on})
	c.step(life, remoteHold{c.media.Held() && !h.on})
	return nil
}

// within has something done in the call's goroutine and waits for it. It is called from others.
func (c *Call) within(do func(life context.Context) error) error {
	result := make(chan error, 1)
	c.send(func(life context.Context) { result <- do(life) })
	select {
	case err := <-result:
		return err
	case <-c.done:
		return errNoDialog
	}
}

// liveDialog returns the dialog of the call. It is called from other goroutines.
func (c *Call) liveDialog(ctx context.Context) (Dialog, error) {
	dialog := make(chan Dialog, 1)
	c.send(func(context.Context) { dialog <- c.dialog })
	select {
	case d := <-dialog:
		if d != nil {
			return d, nil
		}
	case <-c.done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return nil, errNoDialog
}
