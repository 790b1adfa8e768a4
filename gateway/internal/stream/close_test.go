package stream

import (
	"sync"
	"testing"

	"callcast/gateway/internal/media"
)

// TestReadersLeaveWhileTheStreamCloses is for the race detector: both stop conversions.
func TestReadersLeaveWhileTheStreamCloses(t *testing.T) {
	for range 50 {
		s := newStream(t, &relabel{})
		p := s.Publish(PublisherParams{})
		p.Write(sound(0))
		var leaving sync.WaitGroup
		for range 4 {
			r := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
			leaving.Go(r.Close)
			r = s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
			defer r.Close()
		}
		s.Close()
		leaving.Wait()
	}
}
