//go:build cgo && !nolibav

package transcode

/*
#cgo pkg-config: libavcodec libavutil libswresample libswscale
#cgo CFLAGS: -O3 -ffast-math
#cgo LDFLAGS: -lm
#include "av.h"
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"callcast/gateway/internal/media"
)

// available says that this build has libav.
const available = true

const (
	telephoneRate = 8000 // of G.711

	aacRate    = 48000
	aacFrame   = 1024
	libavDelay = 2 // pushes until the sound of a frame comes out
	aacBitRate = 64000
)

// aac converts G.711 to AAC-LC, 48 kHz mono.
//
// When frame k is pushed, libav hands out packet k-1, and what a decoder makes of that is the sound of frame k-2. So a
// packet is stamped with the time at which the push before the last began, and the very first one, which holds no
// sound, is left out: a player needs to know nothing about the encoder's delay, and sees sound where it belongs. The
// price is a delay of two to three frames (43 to 64 ms), as with every user of this encoder.
type aac struct {
	enc     *C.cc_aac
	format  *media.Format
	silence []byte
	align   aligner

	anchor  time.Duration // when the first sample since the last restart sounds
	frames  int64         // pushed since then
	pending []begin       // of the frames pushed that have not come out
	gap     bool          // the next frame comes after a hole
	out     []*media.Unit // what Convert returns
}

// begin is where a frame stands on the timeline.
type begin struct {
	pts time.Duration
	gap bool
}

func newAAC(from media.Codec) (*aac, error) {
	C.cc_quiet()
	levels := levels(from)
	enc := C.cc_aac_open((*C.float)(&levels[0]), aacBitRate)
	if enc == nil {
		return nil, noCodec(string(from) + " to AAC")
	}
	var n C.int
	config := C.cc_aac_config(enc, &n)
	return &aac{
		enc:     enc,
		silence: media.Silence(from, telephoneRate), // of reanchor
		align:   aligner{rate: telephoneRate},
		format: &media.Format{
			Codec: media.AAC, SampleRate: aacRate, Channels: 1,
			Config: C.GoBytes(unsafe.Pointer(config), n),
		},
	}, nil
}

// Convert returns the frames that became complete with u. The slice is good until the next call.
func (c *aac) Convert(u *media.Unit) ([]*media.Unit, error) {
	samples := u.Payload
	if len(samples) == 0 {
		return nil, nil
	}
	s := c.align.place(u.PTS, len(samples))
	c.out = c.out[:0]
	if s.restart {
		if err := c.restart(u); err != nil {
			return nil, err
		}
	}
	for _, part := range [...][]byte{c.silence[:s.silence], samples[:s.repeat], samples[s.skip:]} {
		if err := c.push(part, u); err != nil {
			return nil, err
		}
	}
	return c.out, nil
}

// restart ends the frame that has begun and lets the next one begin with u.
func (c *aac) restart(u *media.Unit) error {
	r := C.cc_aac_fill(c.enc)
	if r.taken < 0 {
		return fmt.Errorf("encode aac: libav error %d", int(r.taken))
	}
	c.emit(r, u)
	c.gap = len(c.pending) > 0
	c.anchor, c.frames = u.PTS, 0
	return nil
}

func (c *aac) push(samples []byte, u *media.Unit) error {
	for len(samples) > 0 {
		r := C.cc_aac_push(c.enc, (*C.uint8_t)(&samples[0]), C.int(len(samples)))
		if r.taken < 0 {
			return fmt.Errorf("encode aac: libav error %d", int(r.taken))
		}
		samples = samples[r.taken:]
		c.emit(r, u)
	}
	return nil
}

// emit notes that a frame was pushed, if one was, and appends the one that came out for it.
func (c *aac) emit(r C.cc_result, u *media.Unit) {
	if r.pushed == 0 {
		return
	}
	if len(c.pending) == libavDelay {
		at := c.pending[0]
		c.pending = append(c.pending[:0], c.pending[1:]...)
		c.out = append(c.out, &media.Unit{
			Format: c.format, PTS: at.pts, DTS: at.pts, Duration: aacFrame * time.Second / aacRate,
			Key: true, Gap: at.gap, Fill: u.Fill, Arrived: u.Arrived,
			Payload: C.GoBytes(unsafe.Pointer(r.data), r.size),
		})
	}
	since := time.Duration(c.frames * aacFrame * int64(time.Second) / aacRate)
	c.pending = append(c.pending, begin{pts: c.anchor + since, gap: c.gap})
	c.frames++
	c.gap = false
}

// Patience lets two AAC frames come together: the second finds the encoder's tables still in the processor's cache.
func (c *aac) Patience() time.Duration { return 40 * time.Millisecond }

// Close frees the encoder.
func (c *aac) Close() {
	C.cc_aac_close(c.enc)
	c.enc = nil
}
