package clock

import (
	"sync"
	"time"
)

// Timeline is the time axis of one stream. Zero is the first moment it is asked about: the arrival of the first unit
// of any track, or an earlier call of At.
type Timeline struct {
	mu   sync.Mutex // guards everything below, and the tracks
	zero time.Time
	ref  *Track // whose offset to the local clock is the timeline's; nil until a track has begun
}

// NewTimeline returns an empty timeline.
func NewTimeline() *Timeline { return &Timeline{} }

// Track adds a track whose RTP clock runs at rate.
func (tl *Timeline) Track(rate int) *Track { return &Track{timeline: tl, rate: rate} }

// At tells where now is on the timeline: the presentation time of a unit that would arrive now without any jitter. What
// fills the holes in a stream is stamped with it. It follows the sender's clock, so it may move by the jitter of the
// network against the local clock.
func (tl *Timeline) At(now time.Time) time.Duration {
	tl.mu.Lock()
	defer tl.mu.Unlock()
	return max(tl.at(tl.local(now)), 0)
}

func (tl *Timeline) at(local time.Duration) time.Duration {
	if tl.ref == nil {
		return local
	}
	return local - tl.ref.floor.value() + tl.ref.shift
}

// local is the time by the local clock since zero.
func (tl *Timeline) local(now time.Time) time.Duration {
	if tl.zero.IsZero() {
		tl.zero = now
	}
	return now.Sub(tl.zero)
}
