package sip

import (
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// fadeSamples is how long what was heard last is repeated, fading to silence: 60 ms, after which repetition would be
// heard as a tone.
const fadeSamples = 3 * frameSamples

// concealment makes up audio in place of lost packets.
type concealment struct {
	codec media.Codec
	heard []byte // at most one frame, the latest
	made  int    // samples made up since
}

func (c *concealment) hear(codec media.Codec, payload []byte) {
	c.codec, c.made = codec, 0
	c.heard = append(c.heard[:0], payload[max(0, len(payload)-frameSamples):]...)
}

// forget makes the next concealment silent.
func (c *concealment) forget() { c.made = fadeSamples }

// next returns n more samples.
func (c *concealment) next(codec media.Codec, n int) []byte {
	if codec != c.codec || len(c.heard) == 0 || c.made >= fadeSamples {
		return media.Silence(codec, n)
	}
	linear := g711.Decode(make([]int16, 0, len(c.heard)), codec, c.heard)
	samples := make([]int16, n)
	for i := range samples {
		left := max(fadeSamples-c.made, 0)
		samples[i] = int16(int(linear[c.made%len(linear)]) * left / fadeSamples)
		c.made++
	}
	return g711.Encode(make([]byte, 0, n), codec, samples)
}
