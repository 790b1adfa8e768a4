package stream

import (
	"sync"
	"time"
)

// load is the share of the time that work takes.
type load struct {
	mu    sync.Mutex // guards what follows
	since time.Time  // begin of the running window
	busy  time.Duration
	share float64
}

// add counts work. It is all on one goroutine and waits for nothing, so the time it takes is that of a processor.
func (l *load) add(began time.Time, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.since.IsZero() {
		l.since = began
	}
	l.busy += took
	if elapsed := began.Add(took).Sub(l.since); elapsed >= meterWindow {
		l.share = l.busy.Seconds() / elapsed.Seconds()
		l.since, l.busy = began.Add(took), 0
	}
}

// percent of one core.
func (l *load) percent() float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if time.Since(l.since) > 2*meterWindow {
		return 0
	}
	return 100 * l.share
}
