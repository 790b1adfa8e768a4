package ring

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// driverTime is how long the driver of a loudspeaker may take to let go of it.
const driverTime = 3 * time.Second

// player plays samples from the loudspeaker until its context ends. It fails if there is no loudspeaker, or none any more.
type player func(ctx context.Context, next func() int16) error

// Bell rings from the loudspeaker, which is open only while it rings.
type Bell struct {
	play player
	log  *slog.Logger
	turn chan struct{} // full while the loudspeaker is in use
	wg   sync.WaitGroup

	mu      sync.Mutex // guards the rest
	end     context.CancelFunc
	ringing bool
	closed  bool
	failed  bool // the last time
}

// New makes a bell that does not ring yet.
func New(log *slog.Logger) *Bell { return newBell(log, play) }

func newBell(log *slog.Logger, p player) *Bell {
	return &Bell{play: p, log: log, turn: make(chan struct{}, 1)}
}

// Ring starts the ringing or ends it. It returns at once; without a loudspeaker nothing is heard.
func (b *Bell) Ring(on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if on == b.ringing || b.closed {
		return
	}
	b.ringing = on
	if !on {
		b.end()
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	b.end = cancel
	b.wg.Go(func() { b.ring(ctx) })
}

// ring waits for the ringing before to let go of the loudspeaker.
func (b *Bell) ring(ctx context.Context) {
	select {
	case b.turn <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-b.turn }()
	at := -1
	b.report(b.play(ctx, func() int16 {
		at++
		return sample(at)
	}))
}

// report says that nothing is heard, but not with every call.
func (b *Bell) report(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err != nil && !b.failed {
		b.log.Warn("calls do not ring aloud", "err", err)
	}
	b.failed = err != nil
}

// Close ends the ringing for good. It waits for the driver, but not for one that hangs.
func (b *Bell) Close() {
	b.mu.Lock()
	b.closed = true
	if b.ringing {
		b.end()
	}
	b.mu.Unlock()
	silent := make(chan struct{})
	go func() {
		b.wg.Wait()
		close(silent)
	}()
	select {
	case <-silent:
	case <-time.After(driverTime):
		b.log.Warn("the loudspeaker's driver does not answer")
	}
}
