package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// line is one call: what is sent into it and what comes out of it.
type line struct {
	name   string // of the call, and of the stream it becomes
	sender *sender
	player *player
}

func newLine(ctx context.Context, addr, name string, c *clip) (*line, error) {
	s, err := newSender(c)
	if err != nil {
		return nil, err
	}
	p, err := newPlayer(ctx, addr, name, c)
	if err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return &line{name, s, p}, nil
}

// onAir waits for the first picture.
func (l *line) onAir(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-l.player.first:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s: no picture on RTMP: %w", l.name, ctx.Err())
	}
}

func (l *line) stop() error {
	err := l.sender.stop()
	l.player.stop()
	return err
}

// yield is what became of the pictures that were sent in a window.
type yield struct {
	FirstPicture time.Duration   `json:"firstPictureNs"` // after the answer
	Sent         int             `json:"sent"`
	Delays       []time.Duration `json:"delaysNs"` // of those that arrived
	Damaged      int             `json:"damaged"`  // pictures, at any time, that arrived as they were never sent
}

// yield matches what came to what was sent. The line must have stopped.
func (l *line) yield(from, to time.Time) yield {
	var y yield
	for _, at := range l.sender.sent {
		if within(at, from, to) {
			y.Sent++
		}
	}
	length := len(l.sender.clip.pictures)
	for _, a := range l.player.arrivals {
		if a.key && y.FirstPicture == 0 {
			y.FirstPicture = a.at.Sub(l.sender.began)
		}
		if a.number < 0 {
			y.Damaged++
			continue
		}
		if sent := lastBefore(l.sender.sent, a, length); within(sent, from, to) {
			y.Delays = append(y.Delays, a.at.Sub(sent))
		}
	}
	return y
}

// lastBefore is when the picture that arrived was last sent. The clip repeats, but not as fast as pictures arrive.
func lastBefore(sent []time.Time, a arrival, length int) time.Time {
	var last time.Time
	for n := a.number; n < len(sent) && sent[n].Before(a.at); n += length {
		last = sent[n]
	}
	return last
}

func within(t, from, to time.Time) bool { return !t.Before(from) && t.Before(to) }
