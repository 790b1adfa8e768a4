package transcode

import (
	"time"

	"callcast/gateway/internal/clock"
)

// How far the samples that came in may be from where their timestamps put them.
const (
	reanchor = time.Second           // not the same passage any more
	mend     = 20 * time.Millisecond // a packet is missing or doubled
	nudge    = 2 * time.Millisecond  // clocks drift
)

// aligner keeps the number of samples that go into the encoder equal to the time that passes on the timeline, so
// that timestamps counted from samples stay true. It works in samples of the source.
type aligner struct {
	rate    int // samples per second
	running bool
	next    time.Duration // where the next sample belongs if nothing is missing
}

// step is what to do with one packet.
type step struct {
	restart bool // begin anew at the packet's own timestamp
	silence int  // samples of silence to put before the packet
	repeat  int  // how often to repeat the packet's first sample
	skip    int  // samples to leave out of the packet
}

// place decides about a packet of n samples that belongs at pts.
func (a *aligner) place(pts time.Duration, n int) step {
	var s step
	drift := pts - a.next
	missing := int(clock.Ticks(max(min(drift, reanchor), -reanchor), a.rate))
	switch {
	case !a.running || drift > reanchor:
		s.restart = true
		a.running, a.next = true, pts
	case drift >= mend:
		s.silence = missing
	case drift > nudge:
		s.repeat = min(1, n)
	case drift <= -mend:
		s.skip = min(-missing, n)
	case drift < -nudge:
		s.skip = min(1, n)
	}
	a.next += clock.Duration(int64(s.silence+s.repeat-s.skip+n), a.rate)
	return s
}
