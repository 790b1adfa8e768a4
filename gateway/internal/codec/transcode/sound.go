package transcode

import (
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

const telephoneRate = 8000 // of G.711

// Sound turns units of a codec into samples. It belongs to one goroutine.
type Sound struct{ source pcm }

// pcm gives the samples of units, interleaved.
type pcm interface {
	// shape is what the next samples are expected to have. It is only certain about samples that were given.
	shape() (rate, channels int)
	samples(u *media.Unit) ([]int16, error)
	close()
}

// NewSound makes a decoder of sound. The caller closes it.
func NewSound(codec media.Codec) (*Sound, error) {
	if isTelephone(codec) {
		return &Sound{source: &telephone{}}, nil
	}
	source, err := newDecoded(codec)
	if err != nil {
		return nil, err
	}
	return &Sound{source: source}, nil
}

// Samples decodes a unit. The samples are interleaved and good until the next call; there are none if the unit cannot be
// decoded, as the next one may.
func (s *Sound) Samples(u *media.Unit) (pcm []int16, rate, channels int, err error) {
	pcm, err = s.source.samples(u)
	rate, channels = s.source.shape()
	return pcm, rate, channels, err
}

// Close frees the decoder.
func (s *Sound) Close() { s.source.close() }

// telephone is G.711 as samples.
type telephone struct{ buf []int16 }

func (*telephone) shape() (rate, channels int) { return telephoneRate, 1 }

func (t *telephone) samples(u *media.Unit) ([]int16, error) {
	t.buf = g711.Decode(t.buf[:0], u.Format.Codec, u.Payload)
	return t.buf, nil
}

func (*telephone) close() {}
