package webrtc

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
)

// timeline ties the stream's time to the wall clock, once for both tracks: what browsers learn from sender reports is
// how the tracks stand to each other.
type timeline struct {
	running bool
	zero    time.Time // when the stream's time was 0
}

// begin ties the two at the first unit.
func (l *timeline) begin(u *media.Unit, now time.Time) {
	if l.running {
		return
	}
	l.running = true
	if !u.Arrived.IsZero() {
		now = u.Arrived
	}
	l.zero = now.Add(-u.PTS)
}

// at is the stream's time at a moment.
func (l *timeline) at(now time.Time) time.Duration { return now.Sub(l.zero) }

// ticks is RTP time (RFC 3550 section 5.1), without the random offset.
func ticks(at time.Duration, rate int) uint32 { return uint32(clock.Ticks(at, rate)) }
