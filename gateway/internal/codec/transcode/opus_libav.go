//go:build cgo && !nolibav

package transcode

// #include "av.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
)

const (
	opusFrame     = 20 * time.Millisecond
	opusRate      = 48000 // of the format, whatever the encoder is fed with (RFC 7587 section 4.1)
	telephoneBits = 24000 // a second: more adds nothing that G.711 holds
	stereoBits    = 96000
)

// opus converts sound to Opus. Telephone sound is encoded as it is, without making samples up.
//
// What a decoder makes of a packet is late by the encoder's look-ahead, so a packet is stamped that much earlier: sound
// is heard where it belongs.
type opus struct {
	enc      *C.cc_opus
	source   pcm
	format   *media.Format
	channels int
	delay    time.Duration
	silence  []int16
	align    aligner

	frame  []int16       // begun, not yet encoded
	anchor time.Duration // where the first sample since the last restart belongs
	frames int64         // encoded since then
	gap    bool          // the next frame comes after a hole
	out    []*media.Unit // what Convert returns
}

// pcm gives the samples of units, interleaved.
type pcm interface {
	samples(u *media.Unit) ([]int16, error)
	close()
}

func newOpus(from media.Codec) (*opus, error) {
	C.cc_quiet()
	rate, channels, bits, source := telephoneRate, 1, telephoneBits, pcm(&telephone{})
	if from == media.AAC {
		rate, channels, bits, source = opusRate, 2, stereoBits, &aacSound{}
	}
	enc := C.cc_opus_open(C.int(rate), C.int(channels), C.int(bits))
	if enc == nil {
		return nil, noCodec(string(from) + " to Opus")
	}
	return &opus{
		enc: enc, source: source, channels: channels, align: aligner{rate: rate},
		delay:   clock.Duration(int64(C.cc_opus_delay(enc)), rate),
		silence: make([]int16, rate*channels), // of reanchor
		frame:   make([]int16, 0, rate/50*channels),
		format:  &media.Format{Codec: media.Opus, SampleRate: opusRate, Channels: channels},
	}, nil
}

// Convert returns the frames that became complete with u. The slice is good until the next call.
func (c *opus) Convert(u *media.Unit) ([]*media.Unit, error) {
	samples, err := c.source.samples(u)
	if err != nil || len(samples) == 0 {
		return nil, err
	}
	s := c.align.place(u.PTS, len(samples)/c.channels)
	c.out = c.out[:0]
	if s.restart {
		if err := c.restart(u); err != nil {
			return nil, err
		}
	}
	for _, part := range [...][]int16{
		c.silence[:s.silence*c.channels], samples[:s.repeat*c.channels], samples[s.skip*c.channels:],
	} {
		if err := c.push(part, u); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

// restart ends the frame that has begun and lets the next one begin with u.
func (c *opus) restart(u *media.Unit) error {
	if n := len(c.frame); n > 0 {
		if err := c.push(c.silence[:cap(c.frame)-n], u); err != nil {
			return err
		}
	}
	c.gap = c.frames > 0
	c.anchor, c.frames = u.PTS, 0
	return nil
}

func (c *opus) push(samples []int16, u *media.Unit) error {
	for len(samples) > 0 {
		n := min(len(samples), cap(c.frame)-len(c.frame))
		c.frame = append(c.frame, samples[:n]...)
		samples = samples[n:]
		if len(c.frame) < cap(c.frame) {
			return nil
		}
		if err := c.encode(u); err != nil {
			return err
		}
	}
	return nil
}

func (c *opus) encode(u *media.Unit) error {
	var data *C.uint8_t
	size := C.cc_opus_encode(c.enc, (*C.int16_t)(&c.frame[0]), &data)
	if size < 0 {
		return fmt.Errorf("encode opus: libav error %d", int(size))
	}
	c.frame = c.frame[:0]
	at := c.anchor + time.Duration(c.frames)*opusFrame - c.delay
	c.out = append(c.out, &media.Unit{
		Format: c.format, PTS: at, DTS: at, Duration: opusFrame,
		Key: true, Gap: c.gap, Fill: u.Fill, Arrived: u.Arrived,
		Payload: C.GoBytes(unsafe.Pointer(data), size),
	})
	c.frames++
	c.gap = false
	return nil
}

// Patience is none: browsers play at once.
func (c *opus) Patience() time.Duration { return 0 }

// Close frees encoder and decoder.
func (c *opus) Close() {
	c.source.close()
	C.cc_opus_close(c.enc)
	c.enc = nil
}
