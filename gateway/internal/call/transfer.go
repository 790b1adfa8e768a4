package call

import (
	"context"
	"fmt"
	"time"

	"callcast/gateway"
)

// transferTime is how long the other side may take to agree to try.
const transferTime = 10 * time.Second

// Transfer connects the other side with target, or, if instead is given, with the other side of that call. It returns when
// the other side has agreed to try; OnTransfer tells the rest.
func (c *Call) Transfer(ctx context.Context, target string, instead *Call) error {
	if _, err := c.LiveMedia(ctx); err != nil {
		return err
	}
	if instead != nil {
		if _, err := instead.LiveMedia(ctx); err != nil {
			return err
		}
	}
	if err := c.refer(ctx, target, instead); err != nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonTransferRefused, Field: "callId", Value: c.p.Spec.ID, Err: err,
			Message: fmt.Sprintf("callId %q: the other side does not take the transfer (%v); the call goes on.", c.p.Spec.ID, err),
		}
	}
	return nil
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

// OnTransfer takes how a transfer goes on. When the other side talks with somebody else, the call is over; when that came
// to nothing, it goes on.
func (c *Call) OnTransfer(status int, text string, final bool) {
	c.log.Info("transfer", "status", status, "text", text, "final", final)
	switch {
	case final && status >= sipOK && status < 300:
		c.post(hangup{gateway.EndTransferred})
	case final:
		c.log.Warn("transfer failed", "status", status, "text", text)
	}
}
