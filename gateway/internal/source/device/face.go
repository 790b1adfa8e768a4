package device

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// The largest picture that is sent: what videophones show.
const (
	maxWidth  = 640
	maxHeight = 360
)

// face publishes the pictures of one camera after the other.
type face struct {
	write    func(*media.Unit)
	enc      *transcode.PictureEncoder
	timeline *clock.Timeline
	last     time.Duration // when the newest picture is shown
}

func newFace(timeline *clock.Timeline) (*face, error) {
	enc, err := transcode.NewPictureEncoder(maxWidth, maxHeight)
	if err != nil {
		return nil, err
	}
	return &face{enc: enc, timeline: timeline, last: -1}, nil
}

// show publishes what a camera sees until it is gone or closed.
func (f *face) show(c Camera) error {
	for {
		img, err := c.Read()
		if err != nil {
			return err
		}
		now := time.Now()
		pts := f.timeline.At(now)
		if pts <= f.last {
			continue // the clock of the sound has moved
		}
		u, err := f.enc.Encode(img, pts)
		if err != nil {
			return err
		}
		f.last = pts
		if u != nil {
			u.Arrived = now
			f.write(u)
		}
	}
}

func (f *face) requestKeyframe() { f.enc.RequestKeyframe() }

func (f *face) close() { f.enc.Close() }
