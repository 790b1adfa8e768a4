package sipua

import (
	"context"
	"sync/atomic"
	"time"
)

// echo is how long a change by the other side may go on here after the other side has heard the last of it. It is less
// than the time after which a request is repeated.
const echo = 250 * time.Millisecond

// turn lets one side at a time change the session (RFC 3261 section 14).
type turn struct {
	held chan struct{} // holds one item while a change is under way
	ours *atomic.Bool  // the change is ours
}

func newTurn() turn { return turn{make(chan struct{}, 1), new(atomic.Bool)} }

// try takes the turn for the other side, if it is free.
func (t turn) try() bool {
	select {
	case t.held <- struct{}{}:
		return true
	default:
		return false
	}
}

// tryAgain is try, but for what is about to end: the other side may go on at once after our response, or its own ACK.
func (t turn) tryAgain() bool {
	if t.try() {
		return true
	}
	if t.ours.Load() {
		return false
	}
	select {
	case t.held <- struct{}{}:
		return true
	case <-time.After(echo):
		return false
	}
}

// wait takes the turn for us, when it is free.
func (t turn) wait(ctx context.Context) error {
	select {
	case t.held <- struct{}{}:
		t.ours.Store(true)
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (t turn) pass() {
	t.ours.Store(false)
	<-t.held
}
