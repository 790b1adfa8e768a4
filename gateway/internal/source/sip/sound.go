package sip

import "callcast/gateway/internal/clock"

// sound is played to the other side. Only the pacer reads it.
type sound struct {
	samples []int16
	rate    int // of samples: audioRate or wideRate
	loop    bool
	ended   func()
	at      int
	over    bool
}

// read returns the samples of the next frame, silence behind the last; nil if there are none, as of a nil sound.
func (s *sound) read() []int16 {
	if s == nil || s.over {
		return nil
	}
	pcm := make([]int16, clock.Ticks(frame, s.rate))
	n := 0
	for n < len(pcm) && s.at < len(s.samples) {
		some := copy(pcm[n:], s.samples[s.at:])
		n, s.at = n+some, s.at+some
		if s.loop && s.at == len(s.samples) {
			s.at = 0
		}
	}
	s.over = s.at == len(s.samples)
	if n == 0 {
		return nil
	}
	return pcm
}
