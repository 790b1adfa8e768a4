package stream

import (
	"sync"
	"testing"

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
