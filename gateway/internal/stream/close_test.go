package stream

import (
	"io"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// TestReadersLeaveWhileTheStreamCloses is for the race detector: both stop conversions.
func TestReadersLeaveWhileTheStreamCloses(t *testing.T) {
	for range 50 {
		s := newStream(t, &recoder{})
		p := s.Publish(PublisherParams{})
		p.Write(sound(0))
		var leaving sync.WaitGroup
		for _, codec := range []media.Codec{media.AAC, media.Opus, media.G722, media.Speex, media.PCMU} {
			r := s.Attach(ReaderParams{Audio: []media.Codec{codec}})
			leaving.Go(r.Close)
		}
		s.Close()
		leaving.Wait()
	}
}

// lagging holds back each unit until the next.
type lagging struct{ recoder }

func (d *lagging) Derive(_, to media.Codec) (Converter, error) {
	return &holding{recoding: recoding{&d.recoder, &media.Format{Codec: to}}}, nil
}

type holding struct {
	recoding
	held []*media.Unit
}

func (c *holding) Convert(u *media.Unit) ([]*media.Unit, error) {
	before := c.held
	c.held, _ = c.recoding.Convert(u)
	return before, nil
}

func (c *holding) Drain() ([]*media.Unit, error) { return c.held, nil }

// TestSoundIsConvertedToItsEnd: what a conversion has not read, and what it holds back, is read before the end.
func TestSoundIsConvertedToItsEnd(t *testing.T) {
	s := newStream(t, &lagging{})
	p := s.Publish(PublisherParams{})
	p.Write(sound(0))
	r := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
	const n = 20
	for i := range n {
		p.Write(sound(i))
	}
	s.Close()
	for i := range n {
		u, err := r.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, []byte{byte(i)}, u.Payload)
	}
	_, err := r.Next(t.Context())
	require.ErrorIs(t, err, io.EOF)
}
