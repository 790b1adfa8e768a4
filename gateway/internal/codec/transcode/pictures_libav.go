//go:build cgo && !nolibav

package transcode

/*
#include <stdlib.h>
#include "av.h"
*/
import "C"

import (
	"encoding/binary"
	"fmt"
	"time"
	"unsafe"

	"callcast/gateway/internal/media"
)

// maxAccessUnit bounds what is handed to libav as one picture.
const maxAccessUnit = 8 << 20

// pictures decodes units of video.
type pictures struct {
	codec   media.Codec
	dec     *C.cc_picture
	stream  []byte // the unit of H.264 as a byte stream, reused
	started bool   // a key unit has been decoded since the last fault
}

// newPictures makes a decoder. An eager one gives pictures in the order in which they come.
func newPictures(codec media.Codec, eager bool) (*pictures, error) {
	C.cc_quiet()
	names := map[media.Codec]string{media.H264: "h264", media.VP8: "vp8"}
	name := C.CString(names[codec])
	defer C.free(unsafe.Pointer(name))
	flag := C.int(0)
	if eager {
		flag = 1
	}
	dec := C.cc_picture_open(name, flag)
	if dec == nil {
		return nil, noCodec(string(codec) + " to pictures")
	}
	return &pictures{codec: codec, dec: dec}, nil
}

// send takes the next unit. Units before the first key unit are passed over, as are those between a fault and the next
// key unit.
func (p *pictures) send(u *media.Unit) error {
	if u.Gap || u.Key {
		p.started = u.Key
	}
	if !p.started {
		return nil
	}
	data, err := p.data(u)
	if err == nil {
		if r := C.cc_picture_send(p.dec, (*C.uint8_t)(&data[0]), C.int(len(data)), C.int64_t(u.PTS)); r < 0 {
			err = fmt.Errorf("decode %s: libav error %d", p.codec, int(r))
		}
	}
	if err != nil {
		p.started = false
		C.cc_picture_flush(p.dec)
	}
	return err
}

// next moves on to the next picture, if one is ready.
func (p *pictures) next() bool { return C.cc_picture_next(p.dec) == 1 }

func (p *pictures) pts() time.Duration { return time.Duration(C.cc_picture_pts(p.dec)) }

// size is that of the present picture, 0 if there is none.
func (p *pictures) size() (width, height int) {
	var w, h C.int
	C.cc_picture_size(p.dec, &w, &h)
	return int(w), int(h)
}

func (p *pictures) close() {
	C.cc_picture_close(p.dec)
	p.dec = nil
}

// data is the unit in the form that libav takes. It is not empty.
func (p *pictures) data(u *media.Unit) ([]byte, error) {
	if len(u.Payload) > maxAccessUnit {
		return nil, fmt.Errorf("decode %s: access unit of %d bytes", p.codec, len(u.Payload))
	}
	data := u.Payload
	if p.codec == media.H264 {
		if err := p.flatten(u); err != nil {
			return nil, err
		}
		data = p.stream
	}
	if len(data) == 0 {
		return nil, fmt.Errorf("decode %s: access unit is empty", p.codec)
	}
	return data, nil
}

// flatten writes the unit into stream with start codes, a key unit with its parameter sets before it.
func (p *pictures) flatten(u *media.Unit) error {
	p.stream = p.stream[:0]
	if u.Key {
		p.nal(u.Format.SPS)
		p.nal(u.Format.PPS)
	}
	for rest := u.Payload; len(rest) > 0; {
		if len(rest) < 4 || int64(binary.BigEndian.Uint32(rest)) > int64(len(rest)-4) {
			return fmt.Errorf("decode %s: access unit is cut short", p.codec)
		}
		n := binary.BigEndian.Uint32(rest)
		p.nal(rest[4 : 4+n])
		rest = rest[4+n:]
	}
	return nil
}

func (p *pictures) nal(nal []byte) {
	p.stream = append(append(p.stream, 0, 0, 0, 1), nal...)
}
