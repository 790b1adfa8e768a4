package transcode

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

const telephoneRate = 8000 // of G.711

// Sound turns units of a codec into samples. It belongs to one goroutine.
type Sound struct {
	source pcm
	next   time.Duration // where the next unit belongs if nothing is missing
}

// pcm gives the samples of units, interleaved.
type pcm interface {
	// shape is what the next samples are expected to have. It is only certain about samples that were given.
	shape() (rate, channels int)
	samples(u *media.Unit) ([]int16, error)
	close()
}

// concealer is a pcm that can make up what is missing before a unit.
type concealer interface {
	conceal(missing time.Duration, next *media.Unit) []int16
}

// What is made up: less may be times that are not exact, more would be an invention.
const (
	leastMade = mend * 3 / 4
	mostMade  = 120 * time.Millisecond
)

// NewSound makes a decoder of sound. The caller closes it.
func NewSound(codec media.Codec) (*Sound, error) { return newSound(codec, "") }

// newSound makes a decoder of sound that goes on in another codec.
func newSound(codec, to media.Codec) (*Sound, error) {
	if isTelephone(codec) {
		return &Sound{source: &filled{pcm: &telephone{}}}, nil
	}
	source, err := newDecoded(codec, to)
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
	s.next = u.PTS + clock.Duration(int64(len(pcm)/channels), rate)
	return pcm, rate, channels, err
}

// Missing returns what stands in for sound that was lost right before a unit whose turn it is, and where it begins. There
// is none if nothing is missing, or more than can be made up. It is good until the next call.
func (s *Sound) Missing(u *media.Unit) (pcm []int16, from time.Duration) {
	c, ok := s.source.(concealer)
	missing := u.PTS - s.next
	if !ok || s.next == 0 || missing < leastMade || missing > mostMade {
		return nil, 0
	}
	return c.conceal(missing, u), s.next
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
