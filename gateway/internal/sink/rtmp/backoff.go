package rtmp

import (
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

// backoff is the growing wait between attempts.
type backoff struct{ next time.Duration }

func (b *backoff) reset() { b.next = 0 }

// wait is how long to wait now: up to a fifth less than the step, so that many pushes don't knock at once.
func (b *backoff) wait() time.Duration { return b.step(longestWait) }

// refused is how long to wait after a refusal: short at first, as when a name is just being freed.
func (b *backoff) refused() time.Duration { return b.step(refusedWait) }

func (b *backoff) step(longest time.Duration) time.Duration {
	b.next = min(max(firstWait, 2*b.next), longest)
	return jitter(b.next)
}

func jitter(d time.Duration) time.Duration { return d - rand.N(d/5) }
