package sip

import (
	"log/slog"
	"time"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/codec/voice"
	"callcast/gateway/internal/media"
)

// coder codes the call's own sound: silence, and what is played to the other side. Only the pacer uses it.
type coder struct {
	codec   media.Codec
	silence []byte // a frame
	log     *slog.Logger

	enc   *transcode.SoundEncoder // while something sounds; nil for G.711, which needs none
	frame int                     // samples of a frame that goes into enc
	at    time.Duration           // of the next sample that does
	ready [][]byte                // that came out
	tail  int                     // frames until enc holds nothing but silence
}

// tailFrames is longer than any encoder holds sound back.
const tailFrames = 5

func newCoder(codec media.Codec, log *slog.Logger) *coder {
	silence, err := transcode.Silence(codec)
	if err != nil {
		log.Error("no silence can be sent", "codec", codec, "err", err)
	}
	return &coder{codec: codec, silence: silence, log: log}
}

// code returns a frame of samples in the codec, at audioRate or wideRate. It is to be called for each frame while something
// sounds.
func (c *coder) code(pcm []int16) []byte {
	if voice.IsLaw(c.codec) {
		return g711.Encode(make([]byte, 0, frameSamples), c.codec, narrowed(pcm))
	}
	if len(pcm) != c.frame {
		c.close()
		c.frame = len(pcm)
	}
	c.tail = tailFrames
	return c.push(pcm)
}

// narrowed halves the rate of what is too wide: the call has changed its codec while a sound plays.
func narrowed(pcm []int16) []int16 {
	if len(pcm) == frameSamples {
		return pcm
	}
	half := make([]int16, frameSamples)
	for i := range half {
		half[i] = int16((int(pcm[2*i]) + int(pcm[2*i+1])) / 2)
	}
	return half
}

// rest returns the frame for a moment at which nothing sounds: what the encoder still holds, then silence.
func (c *coder) rest() []byte {
	if c.tail == 0 {
		c.close()
		return c.silence
	}
	c.tail--
	return c.push(make([]int16, c.frame))
}

// sounds reports whether there is still something to hear of what was coded.
func (c *coder) sounds() bool { return c.tail > 0 }

func (c *coder) push(pcm []int16) []byte {
	if c.enc == nil {
		enc, err := transcode.NewSoundEncoder(c.codec, c.frame*int(time.Second/frame), 1)
		if err != nil {
			c.log.Error("sound cannot be sent", "codec", c.codec, "err", err)
			c.tail = 0
			return c.silence
		}
		c.enc, c.at, c.ready = enc, 0, nil
	}
	units, err := c.enc.Encode(pcm, c.at)
	if err != nil {
		c.log.Warn("sound cannot be coded", "codec", c.codec, "err", err)
	}
	c.at += frame
	for _, u := range units {
		c.ready = append(c.ready, u.Payload)
	}
	if len(c.ready) == 0 {
		return c.silence
	}
	first := c.ready[0]
	c.ready = c.ready[1:]
	return first
}

// close frees the encoder.
func (c *coder) close() {
	if c.enc != nil {
		c.enc.Close()
	}
	c.enc, c.ready, c.tail = nil, nil, 0
}
