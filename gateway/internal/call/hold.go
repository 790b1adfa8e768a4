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
	media, err := c.LiveMedia(ctx)
	if err != nil {
		return err
	}
	if err := c.changeHold(ctx, media, hold); err != nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonHoldRefused, Field: "callId", Value: c.p.Spec.ID, Err: err,
			Message: fmt.Sprintf("callId %q: the other side does not agree (%v); try again later.", c.p.Spec.ID, err),
		}
	}
	return nil
}

func (c *Call) changeHold(ctx context.Context, media Media, hold bool) error {
	if !c.changing.TryLock() {
		return errBusy
	}
	defer c.changing.Unlock()
	ctx, cancel := context.WithTimeout(ctx, holdTime)
	defer cancel()
	dialog, err := c.liveDialog(ctx)
	if err != nil {
		return err
	}
	offer, undo := media.Hold(hold)
	answer, err := dialog.Reinvite(ctx, offer)
	if err == nil {
		err = media.Answer(answer)
	}
	if err != nil {
		undo()
		return err
	}
	c.post(localHold{hold})
	c.post(remoteHold{media.Held() && !hold})
	return nil
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
