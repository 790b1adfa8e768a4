package call

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"callcast/gateway"
)

// transferTime is how long the other side may take to agree to try.
const transferTime = 10 * time.Second

var errTransferring = errors.New("another transfer is under way")

// Transfer connects the other side with target, or, if instead is given, with the other side of that call. It returns when
// the other side has agreed to try; OnTransfer tells the rest.
func (c *Call) Transfer(ctx context.Context, target string, instead *Call) error {
	if _, err := c.LiveMedia(ctx); err != nil {
		return err
	}
	shown := target
	if instead != nil {
		if _, err := instead.LiveMedia(ctx); err != nil {
			return err
		}
		shown = cmp.Or(target, instead.party())
	}
	err := c.beginTransfer(ctx, shown)
	if err == nil {
		if err = c.refer(ctx, target, instead); err == nil {
			return nil
		}
		c.post(transferRefused{statusOf(err), err.Error()})
	}
	return &gateway.Error{
		Code: gateway.CodeConflict, Reason: gateway.ReasonTransferRefused, Field: "callId", Value: c.p.Spec.ID, Err: err,
		Message: fmt.Sprintf("callId %q: the other side does not take the transfer (%v); the call goes on.", c.p.Spec.ID, err),
	}
}

// party is whom the call is with.
func (c *Call) party() string {
	if c.remote != "" {
		return c.remote
	}
	if in := c.p.Incoming; in != nil {
		return in.Caller
	}
	return c.p.Spec.Callee
}

// beginTransfer notes that a transfer is under way, before the other side can tell of it.
func (c *Call) beginTransfer(ctx context.Context, target string) error {
	begun := make(chan bool, 1)
	c.send(func(life context.Context) {
		free := c.state.up() && c.state.transfer.Status != gateway.TransferPending
		if free {
			c.step(life, transferAsked{target})
		}
		begun <- free
	})
	select {
	case free := <-begun:
		if free {
			return nil
		}
		return errTransferring
	case <-c.done:
		return errNoDialog
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// statusOf is what SIP said, if an error tells.
func statusOf(err error) int {
	if said, ok := errors.AsType[interface {
		error
		SIPStatus() int
	}](err); ok {
		return said.SIPStatus()
	}
	return 0
}

func (c *Call) refer(ctx context.Context, target string, instead *Call) error {
	ctx, cancel := context.WithTimeout(ctx, transferTime)
	defer cancel()
	dialog, err := c.liveDialog(ctx)
	if err != nil {
		return err
	}
	var other Dialog
	if instead != nil {
		if other, err = instead.liveDialog(ctx); err != nil {
			return err
		}
	}
	return dialog.Refer(ctx, target, other)
}
