// Package still is a source of its own: a still picture with silence, in real time. It tries what a stream would meet
// before there is one.
//
// Run works on the goroutine that calls it.
package still

import (
	"context"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/slate"
	"callcast/gateway/internal/stream"
)

const (
	frame = 20 * time.Millisecond
	rate  = 8000
)

// Run publishes into a stream until ctx ends.
func Run(ctx context.Context, s *stream.Stream, picture *slate.Slate) {
	pub := s.Publish(stream.PublisherParams{})
	defer pub.Close()
	format := &media.Format{Codec: media.PCMA, SampleRate: rate, Channels: 1}
	silence := media.Silence(media.PCMA, int(clock.Ticks(frame, rate)))
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	began := time.Now()
	var shown uint64
	for at := time.Duration(0); ; {
		for ; at <= time.Since(began); at += frame {
			if at >= time.Duration(shown)*slate.Period {
				u := picture.Unit(shown)
				u.PTS, u.DTS, u.Arrived = at, at, time.Now()
				pub.Write(u)
				shown++
			}
			pub.Write(&media.Unit{
				Format: format, PTS: at, DTS: at, Duration: frame, Key: true, Fill: true, Arrived: time.Now(), Payload: silence,
			})
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}
