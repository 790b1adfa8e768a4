package dtmf

import (
	"strings"
	"time"
)

// Timing of what is sent. RFC 4733 section 2.5.1.4: the final packet of an event goes out three times.
const (
	Tick       = 20 * time.Millisecond // how often Next is to be called
	tone       = 8                     // ticks a key sounds
	pause      = 4                     // ticks between keys, silence
	endPackets = 3
	volume     = 10
)

// Packet is one event packet of the audio stream.
type Packet struct {
	Payload   []byte
	Timestamp uint32 // when the event began: the same in all its packets
	Marker    bool   // first of its event
}

// Sender plays keys. Its zero value has none.
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
	tick := s.tick
	s.tick++
	if tick < tone+endPackets-1 {
		return s.packet(tick, rate), true
	}
	if s.tick == tone+endPackets-1+pause {
		s.queue, s.tick = s.queue[1:], 0
	}
	return Packet{}, false
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
