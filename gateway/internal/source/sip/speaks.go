package sip

import "callcast/gateway/internal/media"

// Speaks is the codec that the other side is sent sound in; empty if it is sent none.
func (s *Source) Speaks() media.Codec {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.agreed.Audio; m != nil && m.Direction.Send {
		return m.Payloads[0].Codec
	}
	return ""
}
