package gatewaytest

import (
	"context"
	"sync"

	"callcast/gateway"
)

// subscription keeps, for each entity, the newest thing its reader has not been told. It has one reader.
type subscription struct {
	closed chan struct{}
	leave  func(*subscription)
	once   sync.Once
	wake   chan struct{} // holds one token while there may be something to read

	mu      sync.Mutex // guards the fields below
	greeted bool       // the first Next has returned
	order   []key
	pending map[key][]gateway.Event
}

type key struct {
	kind gateway.EventKind
	id   string
}

func newSubscription(leave func(*subscription)) *subscription {
	s := &subscription{
		closed:  make(chan struct{}),
		leave:   leave,
		wake:    make(chan struct{}, 1),
		pending: map[key][]gateway.Event{},
	}
	s.wake <- struct{}{} // the first Next returns at once, even if nothing exists
	return s
}

// put merges e into what is pending.
func (s *subscription) put(e gateway.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := key{e.Kind, e.ID}
	if _, ok := s.pending[k]; !ok {
		s.order = append(s.order, k)
	}
	s.pending[k] = merge(s.pending[k], e)
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// merge keeps the latest value only, except that the last snapshot of a call or media session
// survives until its removal is delivered.
func merge(pending []gateway.Event, e gateway.Event) []gateway.Event {
	last := len(pending) - 1
	switch {
	case last < 0:
		return []gateway.Event{e}
	case !e.Removed && pending[last].Removed:
		return append(pending, e)
	case !e.Removed:
		pending[last] = e
		return pending
	case (e.Kind == gateway.EventCall || e.Kind == gateway.EventSession) && !pending[last].Removed:
		return []gateway.Event{pending[last], e}
	default:
		return []gateway.Event{e}
	}
}

// Next implements gateway.Subscription.
func (s *subscription) Next(ctx context.Context) ([]gateway.Event, error) {
	for {
		select {
		case <-s.closed:
			return nil, stopped()
		case <-ctx.Done():
			return nil, given(ctx.Err())
		case <-s.wake:
			if events, ok := s.take(); ok {
				return events, nil
			}
		}
	}
}

// take reports false if the wake-up was for something that has been read already.
func (s *subscription) take() ([]gateway.Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var events []gateway.Event
	for _, k := range s.order {
		events = append(events, s.pending[k]...)
	}
	ok := len(events) > 0 || !s.greeted
	s.greeted = true
	s.order = nil
	clear(s.pending)
	return events, ok
}

// Close implements gateway.Subscription.
func (s *subscription) Close() {
	s.once.Do(func() {
		close(s.closed)
		s.leave(s)
	})
}

func stopped() error {
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping, Message: "the subscription is closed",
	}
}

func given(err error) error {
	return &gateway.Error{Code: gateway.CodeUnavailable, Message: "subscription: " + err.Error(), Err: err}
}
