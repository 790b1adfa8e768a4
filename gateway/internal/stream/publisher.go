package stream

import "callcast/gateway/internal/media"

// PublisherParams is what a source can do for its stream.
type PublisherParams struct {
	RequestKeyframe func() // asks the source for a key unit; called without locks, must not block. May be nil
}

// Publisher is the right to write into a stream. A stream has one at a time: a later one takes over, and what an
// earlier one still writes is ignored.
type Publisher struct {
	stream *Stream
	params PublisherParams
}

// Publish takes over the stream.
func (s *Stream) Publish(p PublisherParams) *Publisher {
	pub := &Publisher{stream: s, params: p}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return pub
	}
	s.publisher = pub
	for _, t := range s.source {
		if t != nil {
			t.cut()
		}
	}
	return pub
}

// Write publishes a unit. It never blocks, and the unit must not be changed afterwards.
func (p *Publisher) Write(u *media.Unit) { p.stream.write(p, u) }

// Close gives the stream up. Its readers stay and wait for the next publisher.
func (p *Publisher) Close() {
	s := p.stream
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.publisher == p {
		s.publisher = nil
	}
}

// Done is closed when the stream is.
func (p *Publisher) Done() <-chan struct{} { return p.stream.Done() }

func (p *Publisher) requestKeyframe() {
	if p.params.RequestKeyframe != nil {
		p.params.RequestKeyframe()
	}
}
