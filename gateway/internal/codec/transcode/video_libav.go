//go:build cgo && !nolibav

package transcode

// #include "av.h"
import "C"

import (
	"encoding/binary"
	"fmt"
	"image"

	"callcast/gateway/internal/media"
)

// maxAccessUnit bounds what is handed to libav as one picture.
const maxAccessUnit = 8 << 20

// Decoder turns units of video into pictures.
type Decoder struct {
	dec     *C.cc_h264
	stream  []byte // the unit as a byte stream, reused
	started bool   // a key unit has been decoded since the last fault
}

// NewDecoder makes a decoder. The caller closes it.
func NewDecoder(codec media.Codec) (*Decoder, error) {
	if codec != media.H264 {
		return nil, noCodec(string(codec) + " to pictures")
	}
	C.cc_quiet()
	dec := C.cc_h264_open()
	if dec == nil {
		return nil, noCodec(string(codec) + " to pictures")
	}
	return &Decoder{dec: dec}, nil
}

// Decode takes the next unit and reports whether there is a new picture. Units before the first key unit are passed
// over, as are those between a fault and the next key unit.
func (d *Decoder) Decode(u *media.Unit) (bool, error) {
	if u.Gap || u.Key {
		d.started = u.Key
	}
	if !d.started {
		return false, nil
	}
	if err := d.flatten(u); err != nil {
		d.started = false
		return false, err
	}
	r := C.cc_h264_decode(d.dec, (*C.uint8_t)(&d.stream[0]), C.int(len(d.stream)))
	if r < 0 {
		d.started = false
		return false, fmt.Errorf("decode h264: libav error %d", int(r))
	}
	return r == 1, nil
}

// flatten writes the unit into stream with start codes, a key unit with its parameter sets before it.
func (d *Decoder) flatten(u *media.Unit) error {
	d.stream = d.stream[:0]
	if u.Key {
		d.nal(u.Format.SPS)
		d.nal(u.Format.PPS)
	}
	if len(u.Payload) > maxAccessUnit {
		return fmt.Errorf("decode h264: access unit of %d bytes", len(u.Payload))
	}
	for rest := u.Payload; len(rest) > 0; {
		if len(rest) < 4 || int64(binary.BigEndian.Uint32(rest)) > int64(len(rest)-4) {
			return fmt.Errorf("decode h264: access unit is cut short")
		}
		n := binary.BigEndian.Uint32(rest)
		d.nal(rest[4 : 4+n])
		rest = rest[4+n:]
	}
	if len(d.stream) == 0 {
		return fmt.Errorf("decode h264: access unit is empty")
	}
	return nil
}

func (d *Decoder) nal(nal []byte) {
	d.stream = append(append(d.stream, 0, 0, 0, 1), nal...)
}

// Picture scales the newest picture to at most maxWidth and writes it into dst, which is grown if it is too small or
// nil. It returns nil if there is no picture.
func (d *Decoder) Picture(dst *image.RGBA, maxWidth int) *image.RGBA {
	var w, h C.int
	C.cc_h264_size(d.dec, &w, &h)
	if w == 0 || h == 0 {
		return nil
	}
	width, height := fitWidth(int(w), int(h), maxWidth)
	dst = resize(dst, width, height)
	if C.cc_h264_rgba(d.dec, (*C.uint8_t)(&dst.Pix[0]), C.int(width), C.int(height)) < 0 {
		return nil
	}
	return dst
}

// Close frees the decoder.
func (d *Decoder) Close() {
	C.cc_h264_close(d.dec)
	d.dec = nil
}
