package sip

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// audioOut sends, frame by frame, the first of these that there is: tones, a sound, the injected stream, silence.
type audioOut struct {
	out
	tones   dtmf.Sender
	due     time.Time // of the next frame
	stamp   uint32    // of the next frame
	codec   media.Codec
	silence []byte // in codec
	room    []byte // of a frame
	pcm     [frameSamples]int16
	talking bool // the last frame was not silence
}

// maxCatchUp is how far frames that are overdue, because the machine was busy, are still sent.
const maxCatchUp = 5 * frame

func (a *audioOut) tick(now time.Time, j job) {
	if a.codec != j.plan.codec {
		a.codec, a.silence = j.plan.codec, media.Silence(j.plan.codec, frameSamples)
	}
	if a.due.IsZero() {
		a.due = now.Add(clock.Beat(now, frame) - frame) // as the pacer ticks, however late this tick is
	}
	if late := now.Sub(a.due); late > maxCatchUp {
		skipped := late.Truncate(frame)
		a.due = a.due.Add(skipped)
		a.stamp += uint32(clock.Ticks(skipped, audioRate))
	}
	for ; !a.due.After(now); a.due = a.due.Add(frame) {
		a.frame(j)
		a.stamp += frameSamples
	}
}

func (a *audioOut) frame(j job) {
	if events := j.plan.events; events != nil {
		if tone, ok := a.tones.Next(a.stamp, events.ClockRate); ok {
			a.send(events.Type, tone.Timestamp, tone.Marker, tone.Payload)
			return
		}
	}
	a.room = append(a.room[:0], a.silence...)
	talking := j.plan.events == nil && a.key() || j.sound.read(a.room, a.codec)
	if !talking && j.playout != nil {
		talking = j.playout.Sound(a.room, a.codec, a.due)
	}
	// The marker tells where talk begins after silence (RFC 3551 section 4.1).
	a.send(j.plan.audioType, a.stamp, talking && !a.talking, a.room)
	a.talking = talking
}

// key puts the sound of a key into room, if one is pressed: the other side takes no events.
func (a *audioOut) key() (some bool) {
	if some = a.tones.Sound(a.pcm[:], audioRate); some {
		a.room = g711.Encode(a.room[:0], a.codec, a.pcm[:])
	}
	return some
}
