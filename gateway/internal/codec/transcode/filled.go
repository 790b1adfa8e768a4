package transcode

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/conceal"
	"callcast/gateway/internal/media"
)

// filled is sound of one channel whose decoder makes up nothing for what was lost.
type filled struct {
	pcm
	filler *conceal.Filler
	rate   int // of filler
}

func (s *filled) samples(u *media.Unit) ([]int16, error) {
	out, err := s.pcm.samples(u)
	rate, channels := s.shape()
	if channels != 1 {
		s.filler = nil
		return out, err
	}
	if s.filler == nil || rate != s.rate {
		s.filler, s.rate = conceal.New(rate), rate
	}
	s.filler.Hear(out)
	return out, err
}

func (s *filled) conceal(missing time.Duration, _ *media.Unit) []int16 {
	if s.filler == nil {
		return nil
	}
	out := make([]int16, clock.Ticks(missing, s.rate))
	s.filler.Make(out)
	return out
}
