//go:build cgo && !nolibav

package transcode

/*
#include <stdlib.h>
#include "av.h"
*/
import "C"

import (
	"unsafe"

	"callcast/gateway/internal/media"
)

const (
	studioRate = 48000 // of AAC as we make it, and of Opus, whatever its encoder is fed with (RFC 7587 section 4.1)
	wideRate   = 16000 // of G.722, and of wideband Speex
	packetMost = 64 << 10
)

// decoded is sound as libav's decoder gives it. It makes a decoder for each shape or configuration it meets.
type decoded struct {
	codec          media.Codec
	dec            *C.cc_sound
	format         *media.Format
	rate, channels int
}

func newDecoded(codec, to media.Codec) (pcm, error) {
	switch codec {
	case media.G729:
		return newG729()
	case media.Opus:
		return newOpus(to), nil
	default:
	}
	C.cc_quiet()
	s := &decoded{codec: codec, rate: studioRate, channels: 1}
	switch codec {
	case media.AAC:
		s.channels = 2
	case media.G722, media.Speex16:
		s.rate = wideRate
	case media.Speex:
		s.rate = telephoneRate
	default:
		return nil, noCodec(string(codec) + " to samples")
	}
	if codec == media.AAC {
		return s, nil // of which nothing is lost on the way
	}
	return &filled{pcm: s}, nil
}

func (s *decoded) shape() (rate, channels int) { return s.rate, s.channels }

// samples returns none for a packet that cannot be decoded.
func (s *decoded) samples(u *media.Unit) ([]int16, error) {
	if len(u.Payload) == 0 || len(u.Payload) > packetMost || s.codec == media.AAC && len(u.Format.Config) == 0 {
		return nil, nil
	}
	if err := s.adapt(u); err != nil {
		return nil, err
	}
	var samples *C.int16_t
	n := C.cc_sound_decode(s.dec, (*C.uint8_t)(&u.Payload[0]), C.int(len(u.Payload)), &samples)
	if n <= 0 {
		return nil, nil
	}
	s.channels = int(C.cc_sound_channels(s.dec))
	return unsafe.Slice((*int16)(samples), int(n)*s.channels), nil
}

// adapt makes a decoder that can take u.
func (s *decoded) adapt(u *media.Unit) error {
	rate := s.wanted(u)
	fresh := s.dec != nil && rate == s.rate
	if fresh && (s.codec != media.AAC || s.format == u.Format) {
		return nil
	}
	s.close()
	s.rate, s.format = rate, u.Format
	var config *C.uint8_t
	if s.codec == media.AAC {
		config = (*C.uint8_t)(&u.Format.Config[0])
	}
	name := C.CString(decoderName(s.codec))
	defer C.free(unsafe.Pointer(name))
	size := 0
	if config != nil {
		size = len(u.Format.Config)
	}
	s.dec = C.cc_sound_open(name, C.int(rate), C.int(s.channels), config, C.int(size))
	if s.dec == nil {
		return noCodec("this kind of " + string(s.codec))
	}
	return nil
}

// wanted is the rate that u asks for.
func (s *decoded) wanted(u *media.Unit) int {
	if isSpeex(s.codec) {
		return speexRate(u.Format.SampleRate)
	}
	return s.rate
}

func isSpeex(c media.Codec) bool { return c == media.Speex || c == media.Speex16 }

// speexRate is the nearest rate that Speex knows; Flash sends its wideband mode without naming one.
func speexRate(rate int) int {
	switch rate {
	case telephoneRate, 2 * wideRate:
		return rate
	default:
		return wideRate
	}
}

func decoderName(codec media.Codec) string {
	switch codec {
	case media.AAC:
		return "aac"
	case media.Speex, media.Speex16:
		return "libspeex"
	default:
		return "g722"
	}
}

func (s *decoded) close() {
	C.cc_sound_close(s.dec)
	s.dec, s.format = nil, nil
}
