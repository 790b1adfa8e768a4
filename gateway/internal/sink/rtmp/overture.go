package rtmp

import (
	"time"

	"callcast/gateway/internal/media"
)

// hush is how long a player's pictures wait for sound. It is there at once where there is any.
const hush = 500 * time.Millisecond

// overture holds back what a player is handed first until there is sound among it. A stream keeps pictures for those who
// come late, but no sound; players that see seconds of pictures alone take it that there is none.
type overture struct {
	out   *muxer
	began time.Time
	held  []*media.Unit
	over  bool
}

func newOverture(out *muxer) *overture { return &overture{out: out, began: time.Now()} }

// write sends a unit, or keeps it for a while.
func (o *overture) write(u *media.Unit) error {
	if o.over {
		return o.out.write(u)
	}
	o.held = append(o.held, u)
	if u.Kind() == media.Audio && playable(u.Format) {
		if err := o.out.announce(u.Format, 0); err != nil {
			return err
		}
		return o.end()
	}
	if time.Since(o.began) < hush {
		return nil
	}
	return o.end()
}

func (o *overture) end() error {
	o.over = true
	for _, u := range o.held {
		if err := o.out.write(u); err != nil {
			return err
		}
	}
	o.held = nil
	return nil
}
