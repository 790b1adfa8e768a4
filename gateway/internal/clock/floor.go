package clock

import "time"

// floorWindow is half of the time over which the fastest packet is kept. It is long enough to meet a packet that the
// network did not delay, and short enough to follow two clocks that drift apart by 1000 ppm within 10 ms.
const floorWindow = 5 * time.Second

// floor is the least delay seen lately: the minimum over the present window and the one before. Windows change with the
// samples, not with time, so that a pause makes it forget nothing.
type floor struct {
	before, present time.Duration
	began           time.Duration
}

func newFloor(delay, now time.Duration) floor {
	return floor{before: delay, present: delay, began: now}
}

func (f *floor) value() time.Duration { return min(f.before, f.present) }

// add takes a sample and returns by how much the floor rose.
func (f *floor) add(delay, now time.Duration) (rise time.Duration) {
	was := f.value()
	if now-f.began < floorWindow {
		f.present = min(f.present, delay)
		return 0
	}
	f.before, f.present, f.began = f.present, delay, now
	return max(f.value()-was, 0)
}
