package device

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// voice publishes the sound of one microphone after the other.
type voice struct {
	write func(*media.Unit)
	enc   *transcode.SoundEncoder
	track *clock.Track
	stamp uint32 // samples so far
}

func newVoice(timeline *clock.Timeline, codec media.Codec) (*voice, error) {
	enc, err := transcode.NewSoundEncoder(codec, rate, 1)
	if err != nil {
		return nil, err
	}
	return &voice{enc: enc, track: timeline.Track(rate)}, nil
}

// speak publishes what a microphone hears until it is gone or closed.
func (v *voice) speak(m Microphone) error {
	v.track.Restart()
	for {
		samples, err := m.Read()
		if err != nil {
			return err
		}
		if err := v.say(samples, time.Now()); err != nil {
			return err
		}
	}
}

// say publishes samples, the last of which was heard now.
func (v *voice) say(samples []int16, now time.Time) error {
	pts, _ := v.track.Time(v.stamp, now)
	v.stamp += uint32(len(samples))
	units, err := v.enc.Encode(samples, pts)
	for _, u := range units {
		u.Arrived = now
		v.write(u)
	}
	return err
}

func (v *voice) close() { v.enc.Close() }
