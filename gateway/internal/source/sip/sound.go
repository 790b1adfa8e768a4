package sip

import (
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// sound is played to the other side. Only the pacer reads it.
type sound struct {
	samples []int16 // at audioRate
	loop    bool
	ended   func()
	at      int
	over    bool
}

// read codes the next samples into frame, which holds silence, and reports whether there were any. A nil sound has none.
func (s *sound) read(frame []byte, codec media.Codec) (some bool) {
	if s == nil || s.over {
		return false
	}
	n := 0
	for n < len(frame) && s.at < len(s.samples) {
		rest := s.samples[s.at:]
		rest = rest[:min(len(rest), len(frame)-n)]
		g711.Encode(frame[:n], codec, rest)
		n, s.at = n+len(rest), s.at+len(rest)
		if s.loop && s.at == len(s.samples) {
			s.at = 0
		}
	}
	s.over = s.at == len(s.samples)
	return n > 0
}
