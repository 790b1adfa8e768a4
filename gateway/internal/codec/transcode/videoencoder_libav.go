//go:build cgo && !nolibav

package transcode

/*
#include <stdlib.h>
#include "av.h"
*/
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

// smallest is the side of a macroblock: nothing worth seeing is smaller, and encoders refuse it.
const smallest = 16

// videoEncoder turns pictures of one size into units.
type videoEncoder struct {
	enc    *C.cc_video
	format *media.Format
}

// coded is an encoded picture.
type coded struct {
	payload []byte // of a unit; nil if the encoder gave nothing
	key     bool
}

func videoEncoderName(to media.Codec) string {
	switch to {
	case media.H264:
		return "libx264"
	case media.VP8:
		return "libvpx"
	default:
		return ""
	}
}

// canEncode reports whether this libav has the encoder.
func canEncode(to media.Codec) bool {
	name := C.CString(videoEncoderName(to))
	defer C.free(unsafe.Pointer(name))
	return C.cc_video_known(name) != 0
}

// encodable is the size in which the present picture can be encoded: H.264 in 4:2:0 has no odd sizes.
func encodable(to media.Codec, p *pictures) (width, height int) {
	width, height = p.size()
	if to == media.H264 {
		width, height = width&^1, height&^1
	}
	return width, height
}

func newVideoEncoder(to media.Codec, width, height int) (*videoEncoder, error) {
	name := C.CString(videoEncoderName(to))
	defer C.free(unsafe.Pointer(name))
	enc := C.cc_video_open(name, C.int(width), C.int(height), C.int(bitRate(width, height)), C.int(level(width, height)))
	if enc == nil {
		return nil, fmt.Errorf("encode %s: libav refuses pictures of %dx%d", to, width, height)
	}
	e := &videoEncoder{enc: enc, format: &media.Format{Codec: to, Width: width, Height: height}}
	if to == media.VP8 {
		return e, nil
	}
	if err := e.describe(); err != nil {
		e.close()
		return nil, err
	}
	return e, nil
}

// describe takes the parameter sets into the format.
func (e *videoEncoder) describe() error {
	var n C.int
	config := C.cc_video_config(e.enc, &n)
	var sps, pps []byte
	for nal := range h264.AnnexB(C.GoBytes(unsafe.Pointer(config), n)) {
		switch {
		case h264.IsSPS(nal):
			sps = nal
		case h264.IsPPS(nal):
			pps = nal
		}
	}
	format, err := h264.NewFormat(sps, pps)
	if err != nil {
		return fmt.Errorf("encode h264: %w", err)
	}
	e.format = format
	return nil
}

// encode encodes the present picture.
func (e *videoEncoder) encode(from *pictures, key bool) (coded, error) {
	flag := C.int(0)
	if key {
		flag = 1
	}
	return e.coded(C.cc_video_encode(e.enc, from.dec, flag))
}

// coded is what came out of libav.
func (e *videoEncoder) coded(p C.cc_packet) (coded, error) {
	if p.pushed < 0 {
		return coded{}, fmt.Errorf("encode %s: libav error %d", e.format.Codec, int(p.pushed))
	}
	if p.data == nil {
		return coded{}, nil
	}
	c := coded{key: p.key != 0}
	data := unsafe.Slice((*byte)(p.data), int(p.size))
	if e.format.Codec == media.VP8 {
		c.payload = append(make([]byte, 0, len(data)), data...)
		return c, nil
	}
	c.payload = make([]byte, 0, len(data)+4)
	for nal := range h264.AnnexB(data) {
		if !h264.IsSPS(nal) && !h264.IsPPS(nal) {
			c.payload = h264.AppendNAL(c.payload, nal)
		}
	}
	return c, nil
}

func (e *videoEncoder) close() {
	C.cc_video_close(e.enc)
	e.enc = nil
}

// bitRate is what a telephone picture of a size is worth, a second: 800 kbit for 640x360, and more for larger ones, but
// not in proportion, as they have more that is alike.
func bitRate(width, height int) int {
	const usual, worth, least = 640 * 360, 800_000, 100_000
	return max(least, int(worth*math.Pow(float64(width*height)/usual, 0.75)))
}

// level is that of H.264 (ISO 14496-10 table A-1), 3.1 at least: every browser takes it.
func level(width, height int) int {
	blocks := (width + 15) / 16 * ((height + 15) / 16)
	switch {
	case blocks <= 3600:
		return 31
	case blocks <= 8192:
		return 40
	default:
		return 51
	}
}
