package clock

import "time"

// debt is the time a track was moved forward because its sender stood still. A sender that only was late makes up for
// it by sending faster than time passes; one whose clock stood still never does.
type debt struct {
	owed  time.Duration
	made  time.Duration // made up for and not yet taken back
	since time.Duration // local time at which made began to grow
}

// add notes a move forward, or back.
func (d *debt) add(moved time.Duration) { d.owed = max(d.owed+moved, 0) }

// repay takes a fall of the floor and returns by how much the track is to be moved back. Falls that do not add up to
// stepThreshold within a window are jitter.
func (d *debt) repay(fall, local time.Duration) (back time.Duration) {
	if d.owed == 0 || fall <= 0 {
		return 0
	}
	if local-d.since > floorWindow {
		d.made, d.since = 0, local
	}
	d.made += fall
	if d.made < min(stepThreshold, d.owed) {
		return 0
	}
	back = min(d.made, d.owed)
	d.owed -= back
	d.made = 0
	return back
}
