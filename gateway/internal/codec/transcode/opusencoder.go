//go:build cgo && !nolibav

package transcode

/*
#include <opus.h>

static int set_complexity(OpusEncoder *e, int n) { return opus_encoder_ctl(e, OPUS_SET_COMPLEXITY(n)); }
static int set_bitrate(OpusEncoder *e, int n) { return opus_encoder_ctl(e, OPUS_SET_BITRATE(n)); }
static int lookahead(OpusEncoder *e) { opus_int32 n = 0; opus_encoder_ctl(e, OPUS_GET_LOOKAHEAD(&n)); return n; }
*/
import "C"

import (
	"slices"
	"time"

	"callcast/gateway/internal/clock"
)

// opusEncoder is the last step of an encoder of Opus, by its own library: libav's way leads through the encoder of many
// channels, which asks the processor what it can do with every frame. On a virtual machine that is as much as the rest.
type opusEncoder struct {
	enc            *C.OpusEncoder
	rate, channels int
	room           [packetOpus]byte
}

// packetOpus holds every packet of one frame (RFC 6716 section 3.4).
const packetOpus = 1276

func newOpusEncoder(rate, channels, bits int) lastStep {
	// Telephone sound goes without the model of a voice: that costs several times as much, and saves a bit rate that is low
	// anyway. Of the rest, 5 takes less than two thirds of what the most, 10, does.
	application, complexity := C.int(C.OPUS_APPLICATION_AUDIO), C.int(5)
	switch {
	case rate == telephoneRate:
		application, complexity = C.OPUS_APPLICATION_RESTRICTED_LOWDELAY, 1
	case channels == 1:
		application = C.OPUS_APPLICATION_VOIP
	}
	var status C.int
	enc := C.opus_encoder_create(C.opus_int32(rate), C.int(channels), application, &status)
	if status != C.OPUS_OK {
		return nil
	}
	C.set_complexity(enc, complexity)
	C.set_bitrate(enc, C.int(bits))
	return &opusEncoder{enc: enc, rate: rate, channels: channels}
}

func (e *opusEncoder) encode(pcm []int16) []byte {
	n := C.opus_encode(e.enc, (*C.opus_int16)(&pcm[0]), C.int(len(pcm)/e.channels), (*C.uchar)(&e.room[0]), packetOpus)
	return slices.Clone(e.room[:max(0, n)])
}

func (e *opusEncoder) delay() time.Duration { return clock.Duration(int64(C.lookahead(e.enc)), e.rate) }

func (e *opusEncoder) close() { C.opus_encoder_destroy(e.enc) }
