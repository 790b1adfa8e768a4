package preview

import "time"

// shutter keeps pictures to a rate: it opens once a period, on a fixed grid so that jitter does not slow it down.
type shutter struct {
	period time.Duration
	next   time.Time
}

func (s *shutter) opens(now time.Time) bool {
	// Half a millisecond of grace: pictures of exactly this rate come a little early as often as late.
	if now.Add(500 * time.Microsecond).Before(s.next) {
		return false
	}
	s.next = s.next.Add(s.period)
	if s.next.Before(now) {
		s.next = now.Add(s.period)
	}
	return true
}
