package transcode

import (
	"slices"
	"time"

	"callcast/gateway/internal/media"
)

// audio converts sound: samples are what all codecs have in common.
type audio struct {
	to    media.Codec
	sound *Sound
	enc   *SoundEncoder

	rate, channels int  // that enc is fed with
	begun          bool // enc has been fed
	gap            bool // enc is new, and what the one before it held is lost
	last           moment
}

func newAudio(from, to media.Codec) (*audio, error) {
	sound, err := newSound(from, to)
	if err != nil {
		return nil, err
	}
	c := &audio{to: to, sound: sound}
	if err := c.adapt(sound.source.shape()); err != nil {
		sound.Close()
		return nil, err
	}
	return c, nil
}

// adapt makes an encoder for samples of this shape.
func (c *audio) adapt(rate, channels int) error {
	if c.enc != nil && c.rate == rate && c.channels == channels {
		return nil
	}
	enc, err := NewSoundEncoder(c.to, rate, channels)
	if err != nil {
		return err
	}
	if c.enc != nil {
		c.enc.Close()
	}
	c.enc, c.rate, c.channels, c.gap = enc, rate, channels, c.begun
	return nil
}

// Convert returns the frames that became complete with u. The slice is good until the next call.
func (c *audio) Convert(u *media.Unit) ([]*media.Unit, error) {
	concealed, err := c.conceal(u)
	if err != nil {
		return nil, err
	}
	samples, rate, channels, err := c.sound.Samples(u)
	if err != nil || len(samples) == 0 {
		return concealed, err
	}
	if err := c.adapt(rate, channels); err != nil {
		return concealed, err
	}
	at := moment{pts: u.PTS, gap: c.gap, fill: u.Fill, arrived: u.Arrived}
	c.begun, c.gap, c.last = true, false, at
	made, err := c.enc.encode(samples, at)
	return append(concealed, made...), err
}

// conceal converts what is made up in place of what was lost before u.
func (c *audio) conceal(u *media.Unit) ([]*media.Unit, error) {
	samples, from := c.sound.Missing(u)
	if len(samples) == 0 {
		return nil, nil
	}
	made, err := c.enc.encode(samples, moment{pts: from, fill: true, arrived: u.Arrived})
	return slices.Clone(made), err
}

// Drain returns the sound that the encoder holds back, and silence up to the end of its last frame.
func (c *audio) Drain() ([]*media.Unit, error) { return c.enc.finish(c.last) }

// Patience lets two AAC frames come together: the second finds the encoder's tables still in the processor's cache. There
// is none for what people talk with.
func (c *audio) Patience() time.Duration {
	if c.to == media.AAC {
		return 40 * time.Millisecond
	}
	return 0
}

// Close frees encoder and decoder.
func (c *audio) Close() {
	c.sound.Close()
	c.enc.Close()
}

// moment is what is known of samples besides how they sound.
type moment struct {
	pts     time.Duration
	gap     bool // something before them was lost
	fill    bool
	arrived time.Time
}
