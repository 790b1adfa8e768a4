package sip

import (
	"callcast/gateway/internal/codec/conceal"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// concealment makes up G.711 in place of lost packets.
type concealment struct {
	codec  media.Codec
	heard  []byte // the latest frames
	filler *conceal.Filler
}

// remembered is how much is looked at to find the pitch.
const remembered = 2 * frameSamples

// hear takes a packet, and returns it with its beginning blended into what was made up before it.
func (c *concealment) hear(codec media.Codec, payload []byte) []byte {
	if c.filler != nil && codec == c.codec {
		pcm := g711.Decode(make([]int16, 0, len(payload)), codec, payload)
		c.filler.Hear(pcm)
		payload = g711.Encode(make([]byte, 0, len(payload)), codec, pcm)
	}
	c.become(codec)
	c.filler = nil
	c.heard = append(c.heard, payload...)
	if over := len(c.heard) - remembered; over > 0 {
		c.heard = c.heard[:copy(c.heard, c.heard[over:])]
	}
	return payload
}

// forget makes the next concealment silent.
func (c *concealment) forget() { c.heard, c.filler = c.heard[:0], nil }

// become takes note of the codec. What was heard in another tells nothing.
func (c *concealment) become(codec media.Codec) {
	if codec != c.codec {
		c.forget()
	}
	c.codec = codec
}

// next returns n more samples.
func (c *concealment) next(codec media.Codec, n int) []byte {
	c.become(codec)
	if c.filler == nil {
		c.filler = conceal.New(audioRate)
		c.filler.Hear(g711.Decode(nil, c.codec, c.heard))
	}
	pcm := make([]int16, n)
	c.filler.Make(pcm)
	return g711.Encode(make([]byte, 0, n), c.codec, pcm)
}
