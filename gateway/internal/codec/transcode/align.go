package transcode

import "time"

// How far the samples that came in may be from where their timestamps put them.
const (
	sourceRate = 8000
	reanchor   = sourceRate           // a second: not the same passage any more
	mend       = sourceRate / 50      // 20 ms: a packet is missing or doubled
	nudge      = sourceRate * 2 / 1e3 // 2 ms: clocks drift
	sampleDur  = time.Second / sourceRate
)

// aligner keeps the number of samples that go into the encoder equal to the time that passes on the timeline, so
// that timestamps counted from samples stay true. It works in samples of the source.
type aligner struct {
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
	drift := int(max(min(pts-a.next, 2*time.Second), -2*time.Second) / sampleDur)
	switch {
	case !a.running || drift > reanchor:
		s.restart = true
		a.running, a.next = true, pts
	case drift >= mend:
		s.silence = drift
	case drift > nudge:
		s.repeat = min(1, n)
	case drift <= -mend:
		s.skip = min(-drift, n)
	case drift < -nudge:
		s.skip = min(1, n)
	}
	a.next += time.Duration(s.silence+s.repeat-s.skip+n) * sampleDur
	return s
}
