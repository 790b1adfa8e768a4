package sip

// sound is played to the other side. Only the pacer reads it.
type sound struct {
	samples []int16 // at audioRate
	loop    bool
	ended   func()
	at      int
	over    bool
}

// read puts the next samples into pcm, which holds silence, and reports whether there were any. A nil sound has none.
func (s *sound) read(pcm []int16) (some bool) {
	if s == nil || s.over {
		return false
	}
	n := 0
	for n < len(pcm) && s.at < len(s.samples) {
		some := copy(pcm[n:], s.samples[s.at:])
		n, s.at = n+some, s.at+some
		if s.loop && s.at == len(s.samples) {
			s.at = 0
		}
	}
	s.over = s.at == len(s.samples)
	return n > 0
}
