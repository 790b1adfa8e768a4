package playout

import "time"

const (
	leap   = 200 * time.Millisecond
	beyond = 2 * time.Second // more than any network delays: it is another timeline

	// What waits longer than it should is brought forward, at most once in a window, until it is within slack.
	window = time.Second
	slack  = 10 * time.Millisecond

	// shortest is how long a unit waits that comes as early as the others, however regularly they come.
	shortest = 20 * time.Millisecond
)

// waits is how long units wait.
type waits struct {
	delay   time.Duration // the first unit, so that those that are later than it are in time
	reserve time.Duration // the latest, at least
	nudge   time.Duration // how far units are brought forward at once
	windows int           // that show it before: what was late once is likely to be again
}

// easy is for what is shown to somebody, who is to notice nothing.
func easy() waits {
	return waits{delay: 60 * time.Millisecond, reserve: 20 * time.Millisecond, nudge: 5 * time.Millisecond, windows: 10}
}

// live is for those who talk with each other: what the receiver takes at once, and no more. What a stall has cost is given
// back in one step.
func live() waits {
	return waits{delay: 20 * time.Millisecond, reserve: 5 * time.Millisecond, nudge: leap, windows: 8}
}

// anchor ties the stream's time to the wall clock.
type anchor struct {
	waits

	zero time.Time // when the stream's time is 0, delay included. Zero while nothing has come
	seen span      // in this window
	ends time.Time // the window
	past []span    // of the windows before, since a unit was late
}

// span is how early units were: the latest of them and the earliest.
type span struct{ least, most time.Duration }

func (s *span) add(other span) {
	s.least, s.most = min(s.least, other.least), max(s.most, other.most)
}

// spread is the part of the jitter that is kept in hand: the more there is, the further out its rarest part lies.
const spread = 8

// excess is how much longer units wait than they would have to for the latest of them.
func (a *anchor) excess(s span) time.Duration {
	jitter := s.most - s.least
	return s.least - max(a.reserve, jitter/spread, shortest-jitter)
}

// at is when a unit is to leave.
func (a *anchor) at(pts time.Duration) time.Time { return a.zero.Add(pts) }

// time is the stream's time that is to leave at a moment.
func (a *anchor) time(at time.Time) time.Duration { return at.Sub(a.zero) }

func (a *anchor) set() bool { return !a.zero.IsZero() }

// tie lets a unit leave at a moment.
func (a *anchor) tie(pts time.Duration, at, now time.Time) {
	a.zero = at.Add(-pts)
	a.past = a.past[:0]
	a.restart(now)
}

func (a *anchor) restart(now time.Time) { a.seen, a.ends = span{least: beyond}, now.Add(window) }

// arrived takes note of how early a unit came for what leaves from a moment on, which is now or later. It reports whether
// time went back: sound that came before and still waits would come again.
func (a *anchor) arrived(pts time.Duration, now, leaves time.Time) (back bool) {
	early := a.at(pts).Sub(now)
	switch {
	case early > beyond:
		a.tie(pts, now.Add(a.delay), now)
		return false
	case a.at(pts).Before(leaves):
		a.tie(pts, leaves.Add(a.reserve), now)
		return early < -beyond
	}
	a.seen.add(span{early, early})
	if !now.Before(a.ends) {
		a.settle()
		a.restart(now)
	}
	return false
}

// settle brings forward what waits longer than it should. What waits far longer does so because of one unit that was very
// late, and the others have shown that they are not.
func (a *anchor) settle() {
	if excess := a.seen.least - a.delay; excess > leap {
		a.zero = a.zero.Add(-excess)
		a.past = a.past[:0]
		return
	}
	if len(a.past) == a.windows {
		a.past = a.past[:copy(a.past, a.past[1:])]
	}
	a.past = append(a.past, a.seen)
	all := a.seen
	for _, s := range a.past {
		all.add(s)
	}
	excess := a.excess(all)
	if len(a.past) < a.windows || excess <= slack {
		return
	}
	nudge := min(a.nudge, excess)
	a.zero = a.zero.Add(-nudge)
	for i := range a.past {
		a.past[i].least, a.past[i].most = a.past[i].least-nudge, a.past[i].most-nudge
	}
}
