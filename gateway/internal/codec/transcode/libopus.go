//go:build cgo && !nolibav

package transcode

/*
#cgo pkg-config: opus
#include <opus.h>
*/
import "C"

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/opus"
	"callcast/gateway/internal/media"
)

// opusSound is Opus as samples, by its own library: libav's way to it has neither concealment nor the copies of lost sound
// that packets may carry (RFC 6716 sections 2.1.7 and 4.4).
type opusSound struct {
	dec      *C.OpusDecoder
	rate     int
	mono     bool // both channels are made one
	channels int
	buf      []int16
}

const (
	opusLongest = 120 * time.Millisecond
	opusStep    = 2500 * time.Microsecond // what is made up is a multiple of it
)

// newOpus makes a decoder of sound that goes on in another codec. To one that holds less, the decoder gives no more:
// that costs less than to make it and throw it away, and keeps frames whole, which a resampler delays.
func newOpus(to media.Codec) *opusSound {
	s := &opusSound{rate: studioRate, channels: 1}
	switch to {
	case media.PCMA, media.PCMU, media.G729, media.Speex:
		s.rate, s.mono = telephoneRate, true
	case media.G722, media.Speex16:
		s.rate, s.mono = wideRate, true
	default:
	}
	s.buf = make([]int16, 2*clock.Ticks(opusLongest, s.rate))
	return s
}

func (s *opusSound) shape() (rate, channels int) { return s.rate, s.channels }

// samples returns none for a packet that cannot be decoded.
func (s *opusSound) samples(u *media.Unit) ([]int16, error) {
	if len(u.Payload) == 0 || len(u.Payload) > packetMost {
		return nil, nil
	}
	if err := s.adapt(u); err != nil {
		return nil, err
	}
	return s.decode(s.buf, u.Payload, opusLongest, false), nil
}

// adapt makes a decoder that can take u. Opus may change between one and two channels with every packet (RFC 6716 section
// 3.1): once there were two, it stays with two.
func (s *opusSound) adapt(u *media.Unit) error {
	const stereo = 0x04
	wider := !s.mono && s.channels == 1 && u.Payload[0]&stereo != 0
	if s.dec != nil && !wider {
		return nil
	}
	s.close()
	if wider {
		s.channels = 2
	}
	var status C.int
	s.dec = C.opus_decoder_create(C.opus_int32(s.rate), C.int(s.channels), &status)
	if status != C.OPUS_OK {
		return noCodec("Opus to samples")
	}
	return nil
}

// decode writes what a packet holds into room, or what it tells of the sound before it. Without a packet the decoder makes
// up as much as length.
func (s *opusSound) decode(room []int16, packet []byte, length time.Duration, before bool) []int16 {
	var data *C.uchar
	if len(packet) > 0 {
		data = (*C.uchar)(&packet[0])
	}
	var fec C.int
	if before {
		fec = 1
	}
	n := C.opus_decode(s.dec, data, C.opus_int32(len(packet)), (*C.opus_int16)(&room[0]), C.int(clock.Ticks(length, s.rate)), fec)
	return room[:max(0, int(n))*s.channels]
}

// conceal makes up what is missing before a packet, its end from the copy that the packet may have of it.
func (s *opusSound) conceal(missing time.Duration, next *media.Unit) []int16 {
	missing = min(missing.Round(opusStep), opusLongest)
	if s.dec == nil || missing <= 0 {
		return nil
	}
	told := min(missing, opus.Duration(next.Payload))
	var made []int16
	if missing > told {
		made = s.decode(s.buf, nil, missing-told, false)
	}
	if told > 0 {
		made = s.buf[:len(made)+len(s.decode(s.buf[len(made):], next.Payload, told, true))]
	}
	return made
}

func (s *opusSound) close() {
	if s.dec != nil {
		C.opus_decoder_destroy(s.dec)
	}
	s.dec = nil
}
