package sipua

import (
	"context"
	"sync/atomic"
)

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
