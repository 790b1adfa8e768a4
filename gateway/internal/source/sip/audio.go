package sip

import (
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/codec/voice"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
)

const (
	// frame is the length of what is made up: silence and concealment.
	frame        = 20 * time.Millisecond
	frameSamples = audioRate / 50

	// holdback is how far silence stays behind the present while no audio comes: the time a late packet has to come in
	// its place.
	holdback = 200 * time.Millisecond

	// longestHole bounds what is filled at once. The pacer keeps holes shorter, so a longer one is a leap of the clock.
	longestHole = 5 * time.Second
)

// audioIn turns audio packets into units that follow each other without overlap, and without hole but for what is lost of
// a codec whose decoders make up for it.
type audioIn struct {
	timeline *clock.Timeline
	track    *clock.Track
	onDTMF   func(key rune, way dtmf.Way)
	offered  []media.Codec
	formats  map[shape]*media.Format
	silence  map[media.Codec][]byte // one frame each, of those that were needed

	mu      sync.Mutex // guards what follows
	write   func(*media.Unit)
	types   map[uint8]media.Codec
	events  map[uint8]bool // payload types of telephone-event
	codec   media.Codec
	format  *media.Format // of codec
	agreed  time.Time     // when it was first negotiated; zero before
	begun   bool
	next    time.Duration // where the next unit belongs
	heard   time.Time     // when audio last came
	lost    bool          // something is missing before the next packet
	deaf    bool          // the call is held: what comes is not taken
	overdue overdue       // what comes since audio was heard
	mask    concealment
	keys    dtmf.Receiver
	ear     *ear // hears keys in the sound; nil where they are told as events
	counted counted
}

// shape is what tells one format of sound from another.
type shape struct {
	codec    media.Codec
	channels int
}

// counted is what is counted of one kind of media.
type counted struct {
	units  uint64 // that came from the other side
	filled uint64
}

func newAudioIn(tl *clock.Timeline, offered []media.Codec, onDTMF func(rune, dtmf.Way)) *audioIn {
	a := &audioIn{
		timeline: tl, onDTMF: onDTMF, write: func(*media.Unit) {},
		offered: offered, formats: map[shape]*media.Format{}, silence: map[media.Codec][]byte{},
		types: payloadTypes(nil, offered), events: eventTypes(nil, offered),
	}
	first := media.PCMA
	if len(offered) > 0 {
		first = offered[0]
	}
	a.track = tl.Track(voice.Clock(first))
	a.speaks(first, nil)
	return a
}

// speaks takes note of what comes, or is expected.
func (a *audioIn) speaks(codec media.Codec, packet []byte) {
	f := voice.Format(codec, packet)
	key := shape{codec, f.Channels}
	if a.formats[key] == nil {
		made := f
		a.formats[key] = &made
	}
	a.codec, a.format = codec, a.formats[key]
	a.track.SetRate(voice.Clock(codec))
}

func (a *audioIn) publishTo(write func(*media.Unit)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.write = write
}

// negotiated takes what was agreed on; nil if there is no audio in the call.
func (a *audioIn) negotiated(m *sdp.Media) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.agreed.IsZero() {
		a.agreed = time.Now()
	}
	a.types, a.events = payloadTypes(m, a.offered), eventTypes(m, a.offered)
	if m == nil {
		return
	}
	if !a.begun {
		a.speaks(m.Payloads[0].Codec, nil)
	}
	a.deaf = !m.Direction.Receive
	switch {
	case m.DTMF != nil:
		a.ear = nil
	case a.ear == nil:
		a.ear = newEar()
	}
}

func (a *audioIn) handle(p rtpio.Packet) {
	keys, way := a.packet(p)
	if a.onDTMF == nil {
		return
	}
	for _, key := range keys {
		a.onDTMF(key, way)
	}
}

// packet takes the next packet and returns the keys that it newly tells.
func (a *audioIn) packet(p rtpio.Packet) (keys string, way dtmf.Way) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lost = a.lost || p.Lost > 0
	if p.Restart {
		a.track.Restart()
	}
	codec, known := a.types[p.PayloadType]
	switch {
	case len(p.Payload) == 0 || a.deaf:
	case known:
		a.sound(codec, p)
	case a.events[p.PayloadType]:
		if key, ok := a.keys.Push(p.Payload, p.Timestamp); ok {
			return string(key), dtmf.ByEvent
		}
	}
	return a.ear.take(), dtmf.BySound
}

// sound publishes a packet of audio, after what fills the hole before it and without what has been filled already.
func (a *audioIn) sound(codec media.Codec, p rtpio.Packet) {
	length := voice.Duration(codec, p.Payload)
	if length == 0 {
		return
	}
	a.track.SetRate(voice.Clock(codec))
	pts, _ := a.track.Time(p.Timestamp, p.Arrived)
	gap := a.bridge(pts)
	payload := a.unheard(codec, p.Payload, length, a.next-pts)
	if len(payload) == 0 {
		if a.overdue.forGood(p.Arrived, a.next-pts) {
			a.track.Overdue(p.Arrived)
		}
		return
	}
	a.speaks(codec, payload)
	a.heard, a.lost, a.overdue = p.Arrived, false, overdue{}
	a.counted.units++
	if voice.IsLaw(codec) {
		payload = a.mask.hear(codec, payload)
	}
	a.publish(&media.Unit{Format: a.format, Gap: gap, Arrived: p.Arrived, Payload: payload})
}

// unheard is what of a packet comes after what was published already. A frame cannot be cut: it is taken whole unless
// more than half of it is too late.
func (a *audioIn) unheard(codec media.Codec, payload []byte, length, early time.Duration) []byte {
	switch {
	case early <= 0:
		return payload
	case voice.Divisible(codec):
		return payload[min(clock.Ticks(early, voice.Clock(codec)), int64(len(payload))):]
	case early > length/2:
		return nil
	}
	return payload
}

// bridge fills the hole up to pts: with what was heard last, fading, if packets were lost; with silence if the other side
// sent none. It reports a hole that is left: one that is too long, or packets lost of a codec whose decoders know better
// what to put there.
func (a *audioIn) bridge(pts time.Duration) (gap bool) {
	if !a.begun {
		a.begun, a.next = true, pts
	}
	hole := pts - a.next
	if hole > longestHole || hole > 0 && a.lost && !voice.IsLaw(a.codec) {
		a.next = pts
		return true
	}
	for a.next < pts {
		piece := a.piece(pts - a.next)
		if len(piece) == 0 {
			a.next = pts
			break
		}
		a.fill(piece)
	}
	return false
}

// piece is what to put into a hole, a frame at most; empty if the hole is too small.
func (a *audioIn) piece(hole time.Duration) []byte {
	n := int(clock.Ticks(min(hole, frame), voice.Clock(a.codec)))
	switch silence := a.quiet(); {
	case a.lost:
		return a.mask.next(a.codec, n)
	case voice.Divisible(a.codec):
		return silence[:min(n, len(silence))]
	case hole >= frame:
		return silence
	}
	return nil
}

// quiet is a frame of silence; empty if this build cannot make it.
func (a *audioIn) quiet() []byte {
	silence, ok := a.silence[a.codec]
	if !ok {
		silence, _ = transcode.Silence(a.codec)
		a.silence[a.codec] = silence
	}
	return silence
}

// tick publishes silence while no audio comes.
func (a *audioIn) tick(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.agreed.IsZero() || now.Sub(a.agreed) < holdback || now.Sub(a.heard) < holdback {
		return
	}
	until := a.timeline.At(now) - holdback
	if !a.begun {
		a.begun, a.next = true, max(until, 0)
	}
	if until-a.next > longestHole {
		a.next = until
	}
	silence := a.quiet()
	for len(silence) > 0 && a.next+frame <= until {
		a.mask.forget()
		a.fill(silence)
	}
}

func (a *audioIn) fill(payload []byte) {
	a.counted.filled++
	a.publish(&media.Unit{Format: a.format, Fill: true, Arrived: time.Now(), Payload: payload})
}

// publish puts a unit where the last one ended.
func (a *audioIn) publish(u *media.Unit) {
	u.Key = true
	u.PTS, u.DTS = a.next, a.next
	u.Duration = voice.Duration(a.codec, u.Payload)
	a.next += u.Duration
	a.ear.hear(u)
	a.write(u)
}

func (a *audioIn) stats() (codec media.Codec, c counted) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.codec, a.counted
}
