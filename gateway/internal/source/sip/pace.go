package sip

import (
	"context"
	"time"

	"callcast/gateway/internal/clock"
)

// pace does what happens by the clock until ctx ends: one goroutine and one timer a call.
func (s *Source) pace(ctx context.Context) {
	if !onBeat(ctx) {
		return
	}
	ticker := time.NewTicker(frame)
	defer ticker.Stop()
	picture := time.NewTimer(0) // goes off when an injected picture is due before the next tick
	defer picture.Stop()
	informing := make(chan struct{}, 1)
	var audio, video rate
	for {
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
			s.askKey(ctx, time.Now(), informing)
		case now := <-picture.C:
			set(picture, now, s.back.picture(now))
		case now := <-ticker.C:
			s.audio.tick(now)
			s.video.tick(now)
			set(picture, now, s.back.tick(now))
			s.askKey(ctx, now, informing)
			if audio.due(now) {
				s.measure(now, &audio, &video)
			}
		}
	}
}

// set lets a timer go off at a moment that comes before the next tick.
func set(t *time.Timer, now, at time.Time) {
	if wait := at.Sub(now); !at.IsZero() && wait < frame {
		t.Reset(wait)
	}
}

// onBeat waits for the moment at which the tickers of all calls tick.
func onBeat(ctx context.Context) bool {
	timer := time.NewTimer(clock.Beat(time.Now(), frame))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
