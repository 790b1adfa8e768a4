//go:build cgo && !nolibav

package transcode

// #include "av.h"
import "C"

import (
	"unsafe"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// telephone is G.711 as samples.
type telephone struct{ buf []int16 }

func (t *telephone) samples(u *media.Unit) ([]int16, error) {
	t.buf = g711.Decode(t.buf[:0], u.Format.Codec, u.Payload)
	return t.buf, nil
}

func (*telephone) close() {}

// maxAACFrame bounds what is handed to libav as one frame.
const maxAACFrame = 64 << 10

// aacSound is AAC as samples at 48 kHz in stereo. It makes a decoder for each format it meets.
type aacSound struct {
	dec    *C.cc_sound
	format *media.Format
}

// samples returns none for a frame that cannot be decoded: the next one may.
func (s *aacSound) samples(u *media.Unit) ([]int16, error) {
	if len(u.Payload) == 0 || len(u.Payload) > maxAACFrame || len(u.Format.Config) == 0 {
		return nil, nil
	}
	if s.format != u.Format {
		s.close()
		s.dec = C.cc_sound_open((*C.uint8_t)(&u.Format.Config[0]), C.int(len(u.Format.Config)))
		if s.dec == nil {
			return nil, noCodec("this kind of AAC to Opus")
		}
		s.format = u.Format
	}
	var samples *C.int16_t
	n := C.cc_sound_decode(s.dec, (*C.uint8_t)(&u.Payload[0]), C.int(len(u.Payload)), &samples)
	if n <= 0 {
		return nil, nil
	}
	return unsafe.Slice((*int16)(samples), int(n)*2), nil
}

func (s *aacSound) close() {
	C.cc_sound_close(s.dec)
	s.dec, s.format = nil, nil
}
