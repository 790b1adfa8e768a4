package rtmp

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// Waits between attempts. A server that is back is found within the longest, which must stay well below the two
// seconds after which a push is promised to run again. One that refuses is asked less often: it may hold on to the
// publisher it lost for a while, and asking faster does not help.
const (
	firstWait   = 250 * time.Millisecond
	longestWait = time.Second
	refusedWait = 5 * time.Second
)

// steady is how long a connection must have been up for its loss to be a new story.
const steady = 5 * time.Second

// Backoff is the growing wait of those who dial again and again. Its zero value is ready.
type Backoff struct{ last time.Duration }

// Pause waits before the next attempt, after one that lasted so long and ended with err. It returns the cause of ctx
// if that ends.
func (b *Backoff) Pause(ctx context.Context, lasted time.Duration, err error) error {
	if lasted >= steady {
		b.last = 0
	}
	longest := longestWait
	if errors.As(err, new(*Refusal)) { // short at first even so, as when a name is just being freed
		longest = refusedWait
	}
	b.last = min(max(firstWait, 2*b.last), longest)
	wait := time.NewTimer(b.last - rand.N(b.last/5)) // a bit less, so that many don't knock at once
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
