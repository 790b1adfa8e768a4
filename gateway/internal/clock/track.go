package clock

import "time"

// videoRate is the RTP clock rate of every video codec. A track with another rate is audio.
const videoRate = 90000

const (
	// jumpThreshold is how far a stamp may leave the arrival times before the track begins anew.
	jumpThreshold = 2 * time.Second
	// stepThreshold is the error from which a track is stepped forward instead of slewed.
	stepThreshold = 250 * time.Millisecond
	// tolerance is the error that is left alone, so that a good track keeps the sender's exact spacing.
	tolerance = 10 * time.Millisecond
	// slewPart is the share of elapsed time by which a track is bent: 1 in slewPart, which the eye does not see.
	slewPart = 20
	// brakePart is the share while a track is too far ahead for slewing.
	brakePart = 2
	// plausible is how far the sender reports may differ from the arrival times. The delay of an encoder is within
	// it; two wall clocks that are not the same are not.
	plausible = time.Second
	// longestSpacing bounds what is taken for the usual distance of two units.
	longestSpacing = 100 * time.Millisecond
)

// Track is one RTP track on a timeline.
//
// A unit's presentation time is its position, which is its RTP stamp in 64 bits counted from where the track last
// began, plus the track's shift.
type Track struct {
	timeline *Timeline
	rate     int

	begun   bool // has ever had a unit
	anew    bool // the next unit begins anew
	stamp   uint32
	ticks   int64         // position of the newest unit
	pos     time.Duration // the same as time
	spacing time.Duration // between the last two units
	last    time.Duration // newest presentation time

	shift   time.Duration
	slewing bool
	floor   floor // of local time of arrival minus position
	report  report
	bias    time.Duration // by how much the sender reports last corrected the arrival times
	owed    debt
}

// Time returns the presentation time of the unit with the given RTP stamp. Jump tells that the track was interrupted
// and its time has leapt. A unit with an earlier stamp than the one before (a reordered picture) gets its right
// earlier time; otherwise the time of a track never goes back.
func (t *Track) Time(rtp uint32, arrived time.Time) (pts time.Duration, jump bool) {
	tl := t.timeline
	tl.mu.Lock()
	defer tl.mu.Unlock()
	local := tl.local(arrived)
	if !t.begun || t.anew {
		return t.begin(rtp, local)
	}
	ticks := t.unwrap(rtp)
	pos := Duration(ticks, t.rate)
	delay := local - pos
	was := t.floor.value()
	if late := delay - was; late.Abs() > jumpThreshold {
		expected := pos + t.shift
		pts, jump = t.begin(rtp, local)
		t.owed.add(pts - expected)
		return pts, jump
	}
	jump = t.stall(t.floor.add(delay, local))
	t.hurry(was-t.floor.value(), local)
	if ticks <= t.ticks {
		return max(pos+t.shift, 0), jump
	}
	elapsed := pos - t.pos
	t.spacing = min(elapsed, longestSpacing)
	t.stamp, t.ticks, t.pos = rtp, ticks, pos
	jump = t.steer(elapsed, local) || jump
	t.last = max(t.last, pos+t.shift)
	return t.last, jump
}

// Report takes an RTCP sender report: the stamp rtp stands for the moment ntp of the sender's wall clock.
func (t *Track) Report(ntp uint64, rtp uint32, arrived time.Time) {
	tl := t.timeline
	tl.mu.Lock()
	defer tl.mu.Unlock()
	if ntp == 0 || !t.begun || t.anew {
		return
	}
	t.report.add(wallClock(ntp)-Duration(t.unwrap(rtp), t.rate), tl.local(arrived))
}

// Restart tells that the stamps of the next unit have nothing to do with those before: the sender has a new SSRC or
// has begun its sequence anew.
func (t *Track) Restart() {
	t.timeline.mu.Lock()
	defer t.timeline.mu.Unlock()
	t.anew = true
}

// Overdue tells that the unit that arrived just now, and those before it, came too late to be of use: the sender stood still
// and does not make up for it. The track goes on as if the unit had been in time.
func (t *Track) Overdue(arrived time.Time) {
	tl := t.timeline
	tl.mu.Lock()
	defer tl.mu.Unlock()
	if !t.begun || t.anew || t != tl.ref {
		t.anew = true
		return
	}
	local := tl.local(arrived)
	delay := local - t.pos
	late := delay - t.floor.value()
	t.floor = newFloor(delay, local)
	t.shift += late
	t.owed.add(late)
}

// SetRate tells that the stamps of the next units are of a clock of another rate: the sender has changed its codec.
func (t *Track) SetRate(rate int) {
	t.timeline.mu.Lock()
	defer t.timeline.mu.Unlock()
	if t.rate != rate {
		t.rate, t.anew = rate, true
	}
}

func (t *Track) unwrap(rtp uint32) int64 { return t.ticks + int64(int32(rtp-t.stamp)) }

// begin puts the track where its unit arrives, but never back in time.
func (t *Track) begin(rtp uint32, local time.Duration) (pts time.Duration, jump bool) {
	tl := t.timeline
	jump = t.begun
	pts = tl.at(local)
	if t != tl.ref {
		pts += t.bias
	}
	if t.begun {
		pts = max(pts, t.last+t.spacing)
	}
	pts = max(pts, 0)
	t.begun, t.anew, t.slewing = true, false, false
	t.stamp, t.ticks, t.pos = rtp, 0, 0
	t.shift, t.last = pts, pts
	t.floor = newFloor(local, local)
	t.report = report{}
	if t.rate != videoRate || tl.ref == nil {
		tl.ref = t
	}
	return pts, jump
}

// stall moves a reference whose stamps have stood still for a while after the local clock: its floor has risen for good.
// Without this the whole timeline would lag from then on.
func (t *Track) stall(rise time.Duration) (jump bool) {
	if t != t.timeline.ref || rise <= stepThreshold {
		return false
	}
	t.shift += rise
	t.owed.add(rise)
	return true
}

// hurry moves a reference back by what it was moved forward for standing still, as far as it catches up. Without this
// the timeline would gain what every stall of a busy sender lasted.
func (t *Track) hurry(fall, local time.Duration) {
	if t == t.timeline.ref {
		t.shift -= t.owed.repay(fall, local)
	}
}

// steer bends the track towards its place beside the reference.
func (t *Track) steer(elapsed, local time.Duration) (jump bool) {
	if t == t.timeline.ref {
		return false
	}
	off := t.place(local) - t.shift
	if off.Abs() > tolerance {
		t.slewing = true
	}
	switch {
	case !t.slewing:
	case off > stepThreshold:
		t.shift += off
		jump = true
	case off < -stepThreshold:
		t.shift -= min(-off, elapsed/brakePart)
	default:
		bend := elapsed / slewPart
		t.slewing = off.Abs() > bend
		t.shift += min(max(off, -bend), bend)
	}
	return jump
}

// place is the shift at which the track is in step with the reference. Without sender reports, units that arrive together
// are taken to have been captured together.
func (t *Track) place(local time.Duration) time.Duration {
	ref := t.timeline.ref
	arrival := t.floor.value() - ref.floor.value() + ref.shift
	if t.report.valid(local) && ref.report.valid(local) {
		reported := t.report.origin - ref.report.origin + ref.shift
		if correction := reported - arrival; correction.Abs() <= plausible {
			t.bias = correction
		}
	}
	return arrival + t.bias
}
