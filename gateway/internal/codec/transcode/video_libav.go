//go:build cgo && !nolibav

package transcode

import (
	"sync/atomic"
	"time"

	"callcast/gateway/internal/media"
)

// keyInterval is the longest time without a key picture, for those who join or have lost something.
const keyInterval = 2 * time.Second

// video converts pictures. It gives them in the order in which they are shown.
type video struct {
	pictures *pictures
	to       media.Codec
	enc      *videoEncoder // nil until the first picture
	key      atomic.Bool   // somebody needs a key picture

	running bool
	last    time.Duration // of the newest picture
	lastKey time.Duration
	gap     bool // the next picture comes after a hole
	out     []*media.Unit
}

func newVideo(from, to media.Codec) (*video, error) {
	if !canEncode(to) {
		return nil, noCodec("pictures to " + string(to))
	}
	p, err := newPictures(from, false)
	if err != nil {
		return nil, err
	}
	return &video{pictures: p, to: to}, nil
}

// RequestKeyframe makes the next picture a key picture. Any goroutine may call it.
func (v *video) RequestKeyframe() { v.key.Store(true) }

// Convert returns the pictures that became ready with u. A unit that cannot be decoded is dropped, as is what follows
// until the next key unit. The slice is good until the next call.
func (v *video) Convert(u *media.Unit) ([]*media.Unit, error) {
	v.out = v.out[:0]
	v.gap = v.gap || u.Gap
	if err := v.pictures.send(u); err != nil {
		v.gap = true
		return nil, nil //nolint:nilerr // it is from the network; the next key unit mends it
	}
	for v.pictures.next() {
		if err := v.encode(u); err != nil {
			return nil, err
		}
	}
	return v.out, nil
}

// encode appends the present picture, which came out when u went in.
func (v *video) encode(u *media.Unit) error {
	pts := v.pictures.pts()
	if v.running && pts <= v.last {
		return nil // a passage from the past is left out, as that of sound is
	}
	fits, err := v.adapt()
	if err != nil || !fits {
		return err
	}
	wanted := v.key.Swap(false)
	p, err := v.enc.encode(v.pictures, wanted || !v.running || pts-v.lastKey >= keyInterval)
	if err != nil || p.payload == nil {
		return err
	}
	v.running, v.last = true, pts
	if p.key {
		v.lastKey = pts
	}
	v.out = append(v.out, &media.Unit{
		Format: v.enc.format, PTS: pts, DTS: pts, Key: p.key, Gap: v.gap, Fill: u.Fill, Arrived: u.Arrived,
		Payload: p.payload,
	})
	v.gap = false
	return nil
}

// adapt makes an encoder for pictures of the present size. It reports whether there can be one.
func (v *video) adapt() (bool, error) {
	width, height := encodable(v.to, v.pictures)
	if width < smallest || height < smallest {
		return false, nil
	}
	if v.enc != nil && v.enc.format.Width == width && v.enc.format.Height == height {
		return true, nil
	}
	enc, err := newVideoEncoder(v.to, width, height)
	if err != nil {
		return false, err
	}
	if v.enc != nil {
		v.enc.close()
	}
	v.enc = enc
	return true, nil
}

// Patience is none: pictures are shown at once.
func (v *video) Patience() time.Duration { return 0 }

// Close frees encoder and decoder.
func (v *video) Close() {
	v.pictures.close()
	if v.enc != nil {
		v.enc.close()
	}
}
