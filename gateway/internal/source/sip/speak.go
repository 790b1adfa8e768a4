package sip

import (
	"log/slog"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/voice"
)

// audioOut sends, frame by frame, the first of these that there is: tones, a sound, the injected stream, silence. While it
// is muted, sound and stream go by unheard.
type audioOut struct {
	out
	log     *slog.Logger
	tones   dtmf.Sender
	due     time.Time     // of the next frame
	stamp   uint32        // of the next frame
	coder   *coder        // of what was agreed on; nil before
	room    []byte        // of a frame
	talking bool          // the last frame was not silence
	covered time.Duration // how far what was sent reaches beyond due
	missing int           // frames of the injected stream that were not there in time
}

const (
	// maxCatchUp is how far frames that are overdue, because the machine was busy, are still sent.
	maxCatchUp = 5 * frame
	// maxMissing is how many frames are left to the other side's concealment before silence is sent.
	maxMissing = 3
)

func (a *audioOut) tick(now time.Time, j job) {
	if a.coder == nil || a.coder.codec != j.plan.codec {
		a.close()
		a.coder = newCoder(j.plan.codec, a.log)
		a.sender.SetSendClock(a.clock())
	}
	if a.due.IsZero() {
		a.due = now.Add(clock.Beat(now, frame) - frame) // as the pacer ticks, however late this tick is
	}
	if late := now.Sub(a.due); late > maxCatchUp {
		skipped := late.Truncate(frame)
		a.due = a.due.Add(skipped)
		a.stamp += a.ticks(skipped)
	}
	for ; !a.due.After(now); a.due = a.due.Add(frame) {
		a.frame(j)
		a.stamp += a.ticks(frame)
	}
}

// close frees what codes sound.
func (a *audioOut) close() {
	if a.coder != nil {
		a.coder.close()
	}
}

func (a *audioOut) clock() int { return voice.Clock(a.coder.codec) }

func (a *audioOut) ticks(d time.Duration) uint32 { return uint32(clock.Ticks(d, a.clock())) }

func (a *audioOut) frame(j job) {
	if events := j.plan.events; events != nil {
		if tone, ok := a.tones.Next(a.stamp, events.ClockRate); ok {
			a.covered = 0
			a.send(events.Type, tone.Timestamp, tone.Marker, tone.Payload)
			return
		}
	}
	pcm := a.own(j)
	switch {
	case pcm != nil:
		a.say(j, a.coder.code(pcm), true)
	case j.muted || j.playout == nil:
		a.say(j, a.coder.rest(), a.coder.sounds())
	default:
		a.inject(j)
	}
}

// own is a frame of the call's own sound: of keys, where the other side takes no events, or of what is played, which goes
// by unheard while it is muted. It is nil while there is none.
func (a *audioOut) own(j job) []int16 {
	if j.plan.events == nil {
		var pcm [frameSamples]int16
		if a.tones.Sound(pcm[:], audioRate) {
			return pcm[:]
		}
	}
	pcm := j.sound.read()
	if j.muted {
		return nil
	}
	return pcm
}

// inject sends a frame of the injected stream.
func (a *audioOut) inject(j job) {
	a.coder.close()
	if !voice.Divisible(a.coder.codec) {
		a.relay(j)
		return
	}
	a.room = append(a.room[:0], a.coder.silence...)
	a.say(j, a.room, j.playout.Sound(a.room, a.coder.codec, a.due))
}

// say sends a frame. The marker tells where talk begins after silence (RFC 3551 section 4.1).
func (a *audioOut) say(j job, payload []byte, talk bool) {
	a.send(j.plan.audioType, a.stamp, talk && !a.talking, payload)
	a.talking, a.covered = talk, 0
}

// relay sends the frames of the injected stream that begin before the next frame is due. They are sent as they are, however
// long. One that is not there in time counts as lost on the way, so that the other side conceals it; a few in a row are
// silence.
func (a *audioOut) relay(j job) {
	some := a.covered > 0
	for a.covered < frame {
		u := j.playout.Frame(a.coder.codec, a.due.Add(a.covered))
		if u == nil {
			break
		}
		a.send(j.plan.audioType, a.stamp+a.ticks(a.covered), !a.talking, u.Payload)
		a.covered += u.Duration
		a.talking, a.missing, some = true, 0, true
	}
	switch {
	case some:
		a.covered = max(0, a.covered-frame)
	case a.talking && a.missing < maxMissing:
		a.missing++
		a.packet.SequenceNumber++
	default:
		a.say(j, a.coder.silence, false)
	}
}
