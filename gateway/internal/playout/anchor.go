package playout

import "time"

const (
	leap   = 200 * time.Millisecond
	beyond = 2 * time.Second // more than any network delays: it is another timeline

	// What waits longer than it should is brought forward by a nudge, once in a window, until it is within slack.
	window = time.Second
	slack  = 10 * time.Millisecond
	nudge  = 5 * time.Millisecond
)

// waits is how long units wait.
type waits struct {
	delay   time.Duration // the first unit, so that those that are later than it are in time
	reserve time.Duration // one that came late
}

// easy is for what is shown to somebody.
func easy() waits { return waits{delay: 60 * time.Millisecond, reserve: 20 * time.Millisecond} }

// live is for those who talk with each other: what the receiver takes at once, and no more.
func live() waits { return waits{delay: 20 * time.Millisecond, reserve: 5 * time.Millisecond} }

// anchor ties the stream's time to the wall clock.
type anchor struct {
	waits

	zero  time.Time     // when the stream's time is 0, delay included. Zero while nothing has come
	least time.Duration // how early the latest of the units in this window was
	ends  time.Time     // the window
}

// at is when a unit is to leave.
func (a *anchor) at(pts time.Duration) time.Time { return a.zero.Add(pts) }

// time is the stream's time that is to leave at a moment.
func (a *anchor) time(at time.Time) time.Duration { return at.Sub(a.zero) }

func (a *anchor) set() bool { return !a.zero.IsZero() }

// tie lets a unit leave at a moment.
func (a *anchor) tie(pts time.Duration, at, now time.Time) {
	a.zero = at.Add(-pts)
	a.restart(now)
}

func (a *anchor) restart(now time.Time) { a.least, a.ends = beyond, now.Add(window) }

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
	a.least = min(a.least, early)
	if now.Before(a.ends) {
		return false
	}
	switch excess := a.least - a.delay; {
	case excess > leap:
		a.zero = a.zero.Add(-excess)
	case excess > slack:
		a.zero = a.zero.Add(-nudge)
	}
	a.restart(now)
	return false
}
