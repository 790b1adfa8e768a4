package websdk

import (
	"context"
	"time"

	"callcast/gateway"
)

// again is when the gateway is asked anew for its events, after it has ended them.
const again = 100 * time.Millisecond

// followEvents passes the gateway's events on to the browsers they are about, until ctx ends. A subscription that is
// cut, because it was too slow, is followed by another.
func (s *Server) followEvents(ctx context.Context) {
	for ctx.Err() == nil {
		s.followOne(ctx)
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

// followOne follows one subscription to its end. It starts with everything that exists, so what was known and is not
// among that has ended unseen.
func (s *Server) followOne(ctx context.Context) {
	defer s.contain("websdk events")
	sub := s.api.Subscribe()
	defer sub.Close()
	events, err := sub.Next(ctx)
	if err != nil {
		return
	}
	there := map[string]bool{}
	for _, e := range events {
		if e.Kind == gateway.EventSession {
			there[e.ID] = true
		}
	}
	for _, id := range s.registry.known() {
		if !there[id] {
			s.registry.vanish(id)
		}
	}
	for err == nil {
		s.pass(events)
		events, err = sub.Next(ctx)
	}
}

func (s *Server) pass(events []gateway.Event) {
	for _, e := range events {
		switch {
		case e.Kind != gateway.EventSession:
		case e.Removed:
			s.registry.vanish(e.ID)
		case e.Session != nil:
			s.registry.change(*e.Session)
		}
	}
}
