package bus

import (
	"context"
	"errors"
	"sync"

	"callcast/gateway"
)

var (
	errClosed  = errors.New("subscription closed")
	errLagging = errors.New("subscriber too slow: subscription cut")
)

// maxPending is how many entities may wait to be told of. Living ones are few; a subscriber that lets this many die
// unseen does not read any more.
const maxPending = 10_000

// subscription collects what its subscriber has not been told yet.
type subscription struct {
	bus  *Bus
	wake chan struct{}
	done chan struct{}
	once sync.Once

	mu      sync.Mutex // guards what follows
	pending map[key][]gateway.Event
	order   []key // of pending, oldest first
	primed  bool  // the first Next was answered
	cut     bool  // maxPending was reached
}

func newSubscription(b *Bus) *subscription {
	return &subscription{bus: b, wake: make(chan struct{}, 1), done: make(chan struct{}), pending: map[key][]gateway.Event{}}
}

// put notes an event. Of an entity's values only the latest is kept, but the last one before a removal stays, as does
// the removal before a rebirth.
func (s *subscription) put(k key, ev gateway.Event) {
	s.mu.Lock()
	defer s.wakeUp()
	defer s.mu.Unlock()
	if s.cut {
		return
	}
	events, known := s.pending[k]
	if !known {
		if s.cut = len(s.order) == maxPending; s.cut {
			s.pending, s.order = nil, nil
			return
		}
		s.order = append(s.order, k)
	}
	if n := len(events); n > 0 && events[n-1].Removed == ev.Removed {
		events[n-1] = ev
	} else {
		events = append(events, ev)
	}
	if len(events) > 3 { // several lives between two looks: the last one and how the one before it ended
		events = events[len(events)-3:]
	}
	s.pending[k] = events
}

func (s *subscription) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *subscription) Next(ctx context.Context) ([]gateway.Event, error) {
	for {
		if err := s.over(ctx); err != nil {
			return nil, err
		}
		if events, ok := s.take(); ok {
			return events, nil
		}
		select {
		case <-s.wake:
		case <-s.done:
		case <-ctx.Done():
		}
	}
}

// over tells why there are no more events. It comes before what is pending: where something changes all the time, a
// reader would not get away otherwise.
func (s *subscription) over(ctx context.Context) error {
	select {
	case <-s.done:
		return errClosed
	case <-ctx.Done():
		return context.Cause(ctx)
	default:
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cut {
		return errLagging
	}
	return nil
}

func (s *subscription) take() ([]gateway.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := !s.primed
	s.primed = true
	var events []gateway.Event
	for _, k := range s.order {
		events = append(events, s.pending[k]...)
	}
	clear(s.pending)
	s.order = s.order[:0]
	return events, first || len(events) > 0
}

func (s *subscription) Close() {
	s.once.Do(func() {
		close(s.done)
		s.bus.forget(s)
	})
}
