package playout

import (
	"time"

	"callcast/gateway/internal/media"
)

// maxSound is how much sound waits; nobody listens when there is more.
const maxSound = 4 * time.Second

// frames is sound that waits in frames, which cannot be cut.
type frames struct {
	units []*media.Unit
	end   time.Duration // of the frame that was taken last
}

func (f *frames) clear() { *f = frames{} }

// put appends a unit, unless most of what it sounds is there already.
func (f *frames) put(u *media.Unit) {
	if u.Duration <= 0 {
		return
	}
	end := f.end
	if n := len(f.units); n > 0 {
		end = f.units[n-1].PTS + f.units[n-1].Duration
	}
	if back := end - u.PTS; back > u.Duration/2 && back < beyond {
		return
	}
	f.units = append(f.units, u)
	for f.units[0].PTS < u.PTS-maxSound {
		f.drop()
	}
}

// take returns the frame whose place is nearest to a moment of the stream's time, and forgets those before it. One that
// follows the last may be a little farther away: else rounding alone would leave one out and miss the next.
func (f *frames) take(at time.Duration) *media.Unit {
	for len(f.units) > 0 {
		u := f.units[0]
		off := u.Duration / 2
		if step := u.PTS - f.end; step.Abs() < off {
			off += u.Duration / 4
		}
		switch {
		case u.PTS > at+off:
			return nil
		case u.PTS < at-off:
			f.drop()
		default:
			f.drop()
			f.end = u.PTS + u.Duration
			return u
		}
	}
	return nil
}

// drop forgets the oldest frame.
func (f *frames) drop() {
	f.units[0] = nil
	f.units = f.units[1:]
}
