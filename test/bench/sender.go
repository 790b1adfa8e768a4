package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

const (
	tick            = 20 * time.Millisecond // one audio frame
	ticksPerPicture = 2
	ticksPerReport  = 250
	audioClock      = 8000
	videoClock      = 90000
)

// target is where a call's media goes. RTCP goes to the ports above.
type target struct {
	audioPort, videoPort int
	audioType, videoType uint8
}

// sender is the media side of one remote party: it plays the clip from its beginning, on one clock. It is stopped when
// whoever starts it can no longer do so.
type sender struct {
	clip         *clip
	audio, video *leg
	cancel       context.CancelFunc
	running      sync.WaitGroup

	// Valid after stop.
	began time.Time   // when the call was answered and the first packet left
	sent  []time.Time // when the last packet of each picture was about to leave
	err   error
}

func newSender(c *clip) (*sender, error) {
	audio, err := newLeg(audioClock)
	if err != nil {
		return nil, err
	}
	video, err := newLeg(videoClock)
	if err != nil {
		audio.close()
		return nil, err
	}
	return &sender{clip: c, audio: audio, video: video}, nil
}

// start begins to send.
func (s *sender) start(ctx context.Context, to target) {
	ctx, s.cancel = context.WithCancel(ctx)
	s.audio.aim(to.audioPort, to.audioType)
	s.video.aim(to.videoPort, to.videoType)
	s.running.Go(func() { s.err = s.play(ctx) })
}

// stop ends sending and frees the ports.
func (s *sender) stop() error {
	if s.cancel != nil {
		s.cancel()
	}
	s.running.Wait()
	s.audio.close()
	s.video.close()
	return s.err
}

func (s *sender) play(ctx context.Context) error {
	s.began = time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for n := 0; ; n++ {
		timer.Reset(time.Until(s.began.Add(time.Duration(n) * tick)))
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		}
		if err := s.send(n); err != nil {
			return err
		}
	}
}

// send sends what is due at the n-th tick: sound, a picture at every second one, now and then a report.
func (s *sender) send(n int) error {
	at := time.Duration(n) * tick
	if _, err := s.audio.send(at, s.clip.audio[n%len(s.clip.audio)]); err != nil {
		return err
	}
	if n%ticksPerPicture == 0 {
		picture := n / ticksPerPicture
		last, err := s.video.send(at, s.clip.pictures[picture%len(s.clip.pictures)]...)
		if err != nil {
			return err
		}
		s.sent = append(s.sent, last)
	}
	if n%ticksPerReport == 0 {
		now := time.Now()
		return errors.Join(s.audio.report(at, now), s.video.report(at, now))
	}
	return nil
}
