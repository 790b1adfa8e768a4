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
	s.endMissing(events)
	for err == nil {
		for _, e := range events {
			s.pass(ctx, e)
		}
		events, err = sub.Next(ctx)
	}
}

// endMissing ends what was known and is not among everything that exists.
func (s *Server) endMissing(all []gateway.Event) {
	there := map[gateway.EventKind]map[string]bool{}
	for _, e := range all {
		if there[e.Kind] == nil {
			there[e.Kind] = map[string]bool{}
		}
		there[e.Kind][e.ID] = true
	}
	missing := func(kind gateway.EventKind, known []string) {
		for _, id := range known {
			if !there[kind][id] {
				s.vanish(kind, id)
			}
		}
	}
	calls, registrations := s.switchboard.known()
	missing(gateway.EventSession, s.registry.known())
	missing(gateway.EventCall, calls)
	missing(gateway.EventRegistration, registrations)
}

func (s *Server) vanish(kind gateway.EventKind, id string) {
	switch kind {
	case gateway.EventSession:
		s.registry.vanish(id)
	case gateway.EventCall:
		s.switchboard.vanish(id)
	case gateway.EventRegistration:
		s.switchboard.registrationGone(id, "the registration has ended")
	default: // browsers are told of nothing else
	}
}

func (s *Server) pass(ctx context.Context, e gateway.Event) {
	switch {
	case e.Removed:
		s.vanish(e.Kind, e.ID)
	case e.Session != nil:
		s.registry.change(*e.Session)
	case e.Registration != nil:
		s.switchboard.registrationChange(*e.Registration)
	case e.Call != nil:
		if p := s.switchboard.change(*e.Call); p != nil {
			s.ringFor(ctx, p, *e.Call)
		}
	}
}
