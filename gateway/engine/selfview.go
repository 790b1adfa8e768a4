package engine

import (
	"crypto/rand"

	"callcast/gateway/internal/stream"
)

// selfView makes a stream that is not listed and that only a preview can be had of, until it is hidden.
func (s *streams) selfView() (name string, of *stream.Stream, hide func()) {
	name = "self-view-" + rand.Text()
	of = s.private(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.selfViews[name] = of
	return name, of, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.selfViews, name)
	}
}

// watchable is a stream that a preview can be had of.
func (s *streams) watchable(name string) (*stream.Stream, error) {
	s.mu.Lock()
	of := s.selfViews[name]
	s.mu.Unlock()
	if of != nil {
		return of, nil
	}
	room, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return room.stream, nil
}
