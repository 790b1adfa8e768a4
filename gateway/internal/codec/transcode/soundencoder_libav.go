//go:build cgo && !nolibav

package transcode

/*
#cgo pkg-config: libavcodec libavutil libswresample libswscale
#cgo CFLAGS: -O3 -ffast-math
#cgo LDFLAGS: -lm
#include <stdlib.h>
#include "av.h"
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
)

// available says that this build has libav.
const available = true

// SoundEncoder turns samples into units. It belongs to one goroutine.
//
// What a decoder makes of a packet is late by what the encoder looks ahead. A packet is stamped that much earlier, so
// that a player needs to know nothing about the encoder and sound is heard where it belongs.
//
// The delay of AAC is larger than a frame: when frame k is pushed, libav hands out packet k-1, and what a decoder makes
// of that is the sound of frame k-2. So a packet is stamped with the time at which the push before the last began, and
// the very first one, which holds no sound, is left out. The price is a delay of two to three frames (43 to 64 ms), as
// with every user of this encoder.
type SoundEncoder struct {
	enc      *C.cc_encoder
	to       media.Codec
	format   *media.Format
	channels int           // of the samples
	rate     int           // of the encoder
	frame    int64         // samples of a frame, at that rate
	lag      int           // pushes until the sound of a frame comes out
	delay    time.Duration // of a frame's sound within what comes out
	silence  []int16
	align    aligner
	last     lastStep // nil if libav encodes

	anchor  time.Duration // when the first sample since the last restart sounds
	frames  int64         // pushed since then
	pending []begin       // of the frames pushed that have not come out
	gap     bool          // the next frame comes after a hole
	out     []*media.Unit // what Encode returns
}

// begin is where a frame stands on the timeline.
type begin struct {
	pts time.Duration
	gap bool
}

// NewSoundEncoder makes an encoder of samples with this rate and one or two channels. The caller closes it.
func NewSoundEncoder(to media.Codec, rate, channels int) (*SoundEncoder, error) {
	C.cc_quiet()
	r, ok := soundRecipe(to, rate, channels)
	if !ok {
		return nil, noCodec(fmt.Sprintf("samples (%d Hz, %d channels) to %s", rate, channels, to))
	}
	var name *C.char
	if r.name != "" {
		name = C.CString(r.name)
		defer C.free(unsafe.Pointer(name))
	}
	enc := C.cc_encoder_open(&C.cc_recipe{
		name: name, in_rate: C.int(rate), in_channels: C.int(channels),
		rate: C.int(r.rate), channels: C.int(r.channels), bit_rate: C.int(r.bits),
	})
	if enc == nil {
		return nil, noCodec("samples to " + string(to))
	}
	e := &SoundEncoder{
		enc: enc, to: to, channels: channels, rate: r.rate, lag: r.lag,
		frame:   int64(C.cc_encoder_frame(enc)),
		silence: make([]int16, rate*channels), // of reanchor
		align:   aligner{rate: rate},
		format:  &media.Format{Codec: to, SampleRate: r.named, Channels: r.channels},
	}
	if r.last != nil {
		if e.last = r.last(); e.last == nil {
			C.cc_encoder_close(enc)
			return nil, noCodec("samples to " + string(to))
		}
		e.delay = e.last.delay()
	} else if r.lag == 0 {
		e.delay = clock.Duration(int64(C.cc_encoder_delay(enc)), r.rate)
	}
	if to == media.AAC {
		var n C.int
		config := C.cc_encoder_config(enc, &n)
		e.format.Config = C.GoBytes(unsafe.Pointer(config), n)
	}
	return e, nil
}

// Encode returns the frames that became complete with samples whose first belongs at pts. The slice is good until the
// next call.
func (e *SoundEncoder) Encode(pcm []int16, pts time.Duration) ([]*media.Unit, error) {
	return e.encode(pcm, moment{pts: pts})
}

func (e *SoundEncoder) encode(pcm []int16, at moment) ([]*media.Unit, error) {
	e.out = e.out[:0]
	if len(pcm) < e.channels {
		return nil, nil
	}
	s := e.align.place(at.pts, len(pcm)/e.channels)
	if s.restart {
		if err := e.restart(at); err != nil {
			return nil, err
		}
	}
	for _, part := range [...][]int16{
		e.silence[:s.silence*e.channels], pcm[:s.repeat*e.channels], pcm[s.skip*e.channels:],
	} {
		if err := e.push(part, at); err != nil {
			return nil, err
		}
	}
	return e.out, nil
}

// restart ends the frame that has begun and lets the next one begin with what comes.
func (e *SoundEncoder) restart(at moment) error {
	if r := C.cc_encoder_fill(e.enc); r < 0 {
		return e.refused(r)
	}
	if err := e.drain(at); err != nil {
		return err
	}
	e.gap = e.gap || at.gap || e.frames > 0
	e.anchor, e.frames = at.pts, 0
	return nil
}

func (e *SoundEncoder) push(pcm []int16, at moment) error {
	for len(pcm) >= e.channels {
		n := min(len(pcm)/e.channels, C.CC_CHUNK)
		if r := C.cc_encoder_push(e.enc, (*C.int16_t)(&pcm[0]), C.int(n)); r < 0 {
			return e.refused(r)
		}
		pcm = pcm[n*e.channels:]
		if err := e.drain(at); err != nil {
			return err
		}
	}
	return nil
}

// drain encodes the frames that are complete.
func (e *SoundEncoder) drain(at moment) error {
	for {
		p := C.cc_encoder_next(e.enc)
		if p.pushed < 0 {
			return e.refused(p.pushed)
		}
		if p.pushed == 0 {
			return nil
		}
		e.emit(p, at)
	}
}

// finish fills the frame that has begun with silence, and pushes silence until what is held back has come out.
func (e *SoundEncoder) finish(at moment) ([]*media.Unit, error) {
	e.out = e.out[:0]
	if r := C.cc_encoder_fill(e.enc); r < 0 {
		return nil, e.refused(r)
	}
	err := e.drain(at)
	all := len(e.out) + len(e.pending)
	for err == nil && len(e.out) < all {
		err = e.push(e.silence[:len(e.silence)/50], at)
	}
	return e.out, err
}

// emit notes that a frame was pushed, and appends the one that came out for it.
func (e *SoundEncoder) emit(p C.cc_packet, at moment) {
	since := clock.Duration(e.frames*e.frame, e.rate)
	e.pending = append(e.pending, begin{pts: e.anchor + since - e.delay, gap: e.gap})
	e.frames++
	e.gap = false
	if p.data == nil || len(e.pending) <= e.lag {
		return
	}
	from := e.pending[0]
	e.pending = append(e.pending[:0], e.pending[1:]...)
	payload := e.payload(p)
	if len(payload) == 0 {
		e.gap = true
		return
	}
	e.out = append(e.out, &media.Unit{
		Format: e.format, PTS: from.pts, DTS: from.pts, Duration: clock.Duration(e.frame, e.rate),
		Key: true, Gap: from.gap, Fill: at.fill, Arrived: at.arrived,
		Payload: payload,
	})
}

func (e *SoundEncoder) payload(p C.cc_packet) []byte {
	if e.last == nil {
		return C.GoBytes(unsafe.Pointer(p.data), p.size)
	}
	return e.last.encode(unsafe.Slice((*int16)(unsafe.Pointer(p.data)), int(p.size)/2))
}

func (e *SoundEncoder) refused(r C.int) error {
	return fmt.Errorf("encode %s: libav error %d", e.to, int(r))
}

// Close frees the encoder.
func (e *SoundEncoder) Close() {
	C.cc_encoder_close(e.enc)
	e.enc = nil
	if e.last != nil {
		e.last.close()
	}
}

// Resample converts a whole clip of one channel to another rate.
func Resample(pcm []int16, fromRate, toRate int) ([]int16, error) {
	if fromRate < 1 || toRate < 1 {
		return nil, fmt.Errorf("resample from %d to %d Hz", fromRate, toRate)
	}
	if len(pcm) == 0 {
		return nil, nil
	}
	const spare = 256 // what the filter may hold back
	length := int(int64(len(pcm)) * int64(toRate) / int64(fromRate))
	out := make([]int16, length+spare)
	n := C.cc_resample((*C.int16_t)(&pcm[0]), C.int(len(pcm)), C.int(fromRate), C.int(toRate), (*C.int16_t)(&out[0]), C.int(len(out)))
	if n < 0 {
		return nil, fmt.Errorf("resample from %d to %d Hz: libav error %d", fromRate, toRate, int(n))
	}
	return out[:length], nil
}
