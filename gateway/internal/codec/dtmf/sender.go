package dtmf

import (
	"strings"
	"time"
)

// Tick is how often Next or Sound is to be called.
const Tick = 20 * time.Millisecond

// Timing of events, in ticks. RFC 4733 section 2.5.1.4: the final packet of an event goes out three times.
const (
	tone       = 8
	endPackets = 3
	events     = tone + endPackets - 1
	pause      = 4 // after the last packet, silence
	volume     = 10
)

// Timing of tones in the sound, in ticks.
const (
	soundTone  = 5
	soundPause = 5
)

// Packet is one event packet of the audio stream.
type Packet struct {
	Payload   []byte
	Timestamp uint32 // when the event began: the same in all its packets
	Marker    bool   // first of its event
}

// Sender plays keys, as events or in the sound. Its zero value has none.
type Sender struct {
	queue string
	tick  int // within the key at the front
	begun uint32
}

// Queue appends keys, which must be Valid.
func (s *Sender) Queue(digits string) { s.queue += digits }

// Next returns the packet for a tick that begins at the given RTP stamp. It is not ok when there is none: no key is left,
// or it is the pause between two, and the stream carries silence. rate is the clock rate of the event payload type.
func (s *Sender) Next(stamp uint32, rate int) (p Packet, ok bool) {
	if s.queue == "" {
		return Packet{}, false
	}
	if s.tick == 0 {
		s.begun = stamp
	}
	if ok = s.tick < events; ok {
		p = s.packet(s.tick, rate)
	}
	s.advance(events + pause)
	return p, ok
}

// Sound fills pcm, a tick of samples at the given rate, with the tones of the keys and the silence between them. It
// reports false, and leaves pcm alone, when no key is left.
func (s *Sender) Sound(pcm []int16, rate int) bool {
	if s.queue == "" {
		return false
	}
	if s.tick < soundTone {
		sound(pcm, s.queue[0], s.tick*len(pcm), soundTone*len(pcm), rate)
	} else {
		clear(pcm)
	}
	s.advance(soundTone + soundPause)
	return true
}

// advance goes a tick on in a key that takes so many.
func (s *Sender) advance(ticks int) {
	s.tick++
	if s.tick >= ticks {
		s.queue, s.tick = s.queue[1:], 0
	}
}

// packet is the one of a tick: the duration grows while the key sounds, then stands.
func (s *Sender) packet(tick, rate int) Packet {
	step := rate * int(Tick/time.Millisecond) / 1000
	return Packet{
		Payload: event{
			code:     byte(strings.IndexByte(keys, s.queue[0])),
			end:      tick >= tone-1,
			volume:   volume,
			duration: uint16(min(min(tick+1, tone)*step, maxEvent)),
		}.marshal(),
		Timestamp: s.begun,
		Marker:    tick == 0,
	}
}
