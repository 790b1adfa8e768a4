package model

import (
	"context"
	"time"
)

const (
	batchPause = 50 * time.Millisecond // between two batches of events
	clockPause = time.Second           // between two refreshes of durations
)

// listen carries events to the main goroutine until the subscription ends.
func (m *Model) listen() {
	ctx := m.root
	for {
		events, err := m.sub.Next(ctx)
		if err != nil {
			if ctx.Err() == nil {
				m.log.Warn("the gateway ended the console's subscription", "err", err)
			}
			return
		}
		if !m.deliver(ctx, func() { m.apply(events) }) || !pause(ctx, batchPause) {
			return
		}
	}
}

// tick makes the durations of calls move while the gateway has nothing to say.
func (m *Model) tick() {
	for pause(m.root, clockPause) && m.deliver(m.root, m.second) {
	}
}

func (m *Model) second() {
	m.retryAccounts(time.Now())
	m.OnChange(Change{Clock: true})
}

// deliver runs f on the main goroutine and waits for it. It reports false if the model closed meanwhile.
func (m *Model) deliver(ctx context.Context, f func()) bool {
	done := make(chan struct{})
	m.post(func() {
		defer close(done)
		if !m.closed && ctx.Err() == nil {
			f()
		}
	})
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
