//go:build cgo && !nolibav && g729

package transcode

/*
#cgo LDFLAGS: -lbcg729
#include <bcg729/decoder.h>
#include <bcg729/encoder.h>
*/
import "C"

import (
	"time"

	"callcast/gateway/internal/media"
)

// hasG729 says that this build has G.729.
const hasG729 = true

// Frames of G.729.
const (
	g729Samples = 80 // 10 ms
	g729Bytes   = 10
	g729Noise   = 2 // of a frame that describes noise
)

// g729 is G.729 as samples.
type g729 struct {
	dec *C.bcg729DecoderChannelContextStruct
	buf []int16
}

func newG729() (pcm, error) { return &g729{dec: C.initBcg729DecoderChannel()}, nil }

func (*g729) shape() (rate, channels int) { return telephoneRate, 1 }

func (g *g729) samples(u *media.Unit) ([]int16, error) {
	g.buf = g.buf[:0]
	for data := u.Payload; len(data) >= g729Noise; {
		size, noise := g729Bytes, C.uint8_t(0)
		if len(data) < g729Bytes {
			size, noise = g729Noise, 1
		}
		g.frame((*C.uint8_t)(&data[0]), size, 0, noise)
		data = data[size:]
	}
	return g.buf, nil
}

// frame decodes one; if it was erased, the decoder makes it up.
func (g *g729) frame(data *C.uint8_t, size int, erased, noise C.uint8_t) {
	var samples [g729Samples]int16
	C.bcg729Decoder(g.dec, data, C.uint8_t(size), erased, noise, 0, (*C.int16_t)(&samples[0]))
	g.buf = append(g.buf, samples[:]...)
}

// conceal lets the decoder make up frames; what is less than one is left out.
func (g *g729) conceal(missing time.Duration, _ *media.Unit) []int16 {
	g.buf = g.buf[:0]
	for range missing / (10 * time.Millisecond) {
		g.frame(nil, 0, 1, 0)
	}
	return g.buf
}

func (g *g729) close() { C.closeBcg729DecoderChannel(g.dec) }

// g729Encoder is the last step of an encoder of G.729, without noise frames (annex B).
type g729Encoder struct {
	enc *C.bcg729EncoderChannelContextStruct
}

func newG729Encoder() lastStep { return &g729Encoder{enc: C.initBcg729EncoderChannel(0)} }

func (e *g729Encoder) encode(pcm []int16) []byte {
	out := make([]byte, 0, len(pcm)/g729Samples*g729Bytes)
	for ; len(pcm) >= g729Samples; pcm = pcm[g729Samples:] {
		var code [g729Bytes]byte
		var n C.uint8_t
		C.bcg729Encoder(e.enc, (*C.int16_t)(&pcm[0]), (*C.uint8_t)(&code[0]), &n)
		out = append(out, code[:n]...)
	}
	return out
}

// delay is how far the encoder looks ahead.
func (*g729Encoder) delay() time.Duration { return 5 * time.Millisecond }

func (e *g729Encoder) close() { C.closeBcg729EncoderChannel(e.enc) }

// recipeG729 lets libav bring samples into the form that the encoder takes, 20 ms at a time.
func recipeG729(to media.Codec) (recipe, bool) {
	return recipe{rate: telephoneRate, named: telephoneRate, channels: 1, last: newG729Encoder}, to == media.G729
}
