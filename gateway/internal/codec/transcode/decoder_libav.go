//go:build cgo && !nolibav

package transcode

// #include "av.h"
import "C"

import (
	"image"

	"callcast/gateway/internal/media"
)

// Decoder turns units of video into pictures. It belongs to one goroutine.
type Decoder struct{ pictures *pictures }

// NewDecoder makes a decoder. The caller closes it.
func NewDecoder(codec media.Codec) (*Decoder, error) {
	p, err := newPictures(codec, true)
	if err != nil {
		return nil, err
	}
	return &Decoder{pictures: p}, nil
}

// Decode takes the next unit and reports whether there is a new picture. Units before the first key unit are passed
// over, as are those between a fault and the next key unit.
func (d *Decoder) Decode(u *media.Unit) (bool, error) {
	if err := d.pictures.send(u); err != nil {
		return false, err
	}
	fresh := false
	for d.pictures.next() {
		fresh = true
	}
	return fresh, nil
}

// Picture scales the newest picture to at most maxWidth and writes it into dst, which is grown if it is too small or
// nil. It returns nil if there is no picture.
func (d *Decoder) Picture(dst *image.RGBA, maxWidth int) *image.RGBA {
	w, h := d.pictures.size()
	if w == 0 || h == 0 {
		return nil
	}
	width, height := fitWidth(w, h, maxWidth)
	dst = resize(dst, width, height)
	if C.cc_picture_rgba(d.pictures.dec, (*C.uint8_t)(&dst.Pix[0]), C.int(width), C.int(height)) < 0 {
		return nil
	}
	return dst
}

// Close frees the decoder.
func (d *Decoder) Close() { d.pictures.close() }
