package rtmp

import (
	"context"
	"errors"
	"io"
	"time"

	"callcast/gateway"
)

var (
	errTried = errors.New("tried")
	errEmpty = errors.New("the stream ended before anything was sent")
)

// Try publishes as a Push does, but once, and only for d after the first unit was sent. It returns what the server said
// last, which after a success is how it accepted. The caller bounds the wait for units by ctx.
func Try(ctx context.Context, params PushParams, d time.Duration) (said string, err error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var enough *time.Timer
	params.OnChange = func(s PushState) { // called from within attempt
		if s.Status == gateway.RTMPActive && enough == nil {
			enough = time.AfterFunc(d, func() { cancel(errTried) })
		}
	}
	p := NewPush(params)
	defer p.dub.shut()
	err = p.attempt(ctx)
	if enough != nil {
		enough.Stop()
	}
	switch {
	case errors.Is(err, errTried):
		err = nil
	case errors.Is(err, io.EOF):
		err = errEmpty
	}
	return params.Target.Redact(p.said), err
}
