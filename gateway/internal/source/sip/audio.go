package sip

import (
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/dtmf"
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

// audioIn turns audio packets into units that follow each other without hole or overlap.
type audioIn struct {
	timeline *clock.Timeline
	track    *clock.Track
	onDTMF   func(key rune, way dtmf.Way)
	formats  map[media.Codec]*media.Format
	silence  map[media.Codec][]byte // one frame each

	mu      sync.Mutex // guards what follows
	write   func(*media.Unit)
	types   map[uint8]media.Codec
	events  uint8 // payload type of telephone-event
	codec   media.Codec
	agreed  time.Time // when it was first negotiated; zero before
	begun   bool
	next    time.Duration // where the next unit belongs
	heard   time.Time     // when audio last came
	lost    bool          // something is missing before the next packet
	deaf    bool          // the call is held: what comes is not taken
	mask    concealment
	keys    dtmf.Receiver
	ear     *ear // hears keys in the sound; nil where they are told as events
	counted counted
}

// counted is what is counted of one kind of media.
type counted struct {
	units  uint64 // that came from the other side
	filled uint64
}

func newAudioIn(tl *clock.Timeline, onDTMF func(rune, dtmf.Way)) *audioIn {
	a := &audioIn{
		timeline: tl, track: tl.Track(audioRate), onDTMF: onDTMF, write: func(*media.Unit) {},
		formats: map[media.Codec]*media.Format{}, silence: map[media.Codec][]byte{},
		types: audioTypes(nil), events: sdp.DTMF, codec: media.PCMA,
	}
	for _, c := range []media.Codec{media.PCMA, media.PCMU} {
		a.formats[c] = &media.Format{Codec: c, SampleRate: audioRate, Channels: 1}
		a.silence[c] = media.Silence(c, frameSamples)
	}
	return a
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
	a.types = audioTypes(m)
	if m == nil {
		return
	}
	if !a.begun {
		a.codec = m.Payloads[0].Codec
	}
	a.deaf = !m.Direction.Receive
	a.events = sdp.DTMF
	switch {
	case m.DTMF != nil:
		a.events, a.ear = m.DTMF.Type, nil
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
	case p.PayloadType == a.events:
		if key, ok := a.keys.Push(p.Payload, p.Timestamp); ok {
			return string(key), dtmf.ByEvent
		}
	}
	return a.ear.take(), dtmf.BySound
}

// sound publishes a packet of audio, after what fills the hole before it and without what has been filled already.
func (a *audioIn) sound(codec media.Codec, p rtpio.Packet) {
	pts, _ := a.track.Time(p.Timestamp, p.Arrived)
	gap := a.bridge(pts)
	payload := p.Payload
	if early := a.next - pts; early > 0 {
		n := clock.Ticks(early, audioRate)
		if n >= int64(len(payload)) {
			return
		}
		payload = payload[n:]
	}
	a.codec, a.heard, a.lost = codec, p.Arrived, false
	a.counted.units++
	a.mask.hear(codec, payload)
	a.publish(&media.Unit{Format: a.formats[codec], Gap: gap, Arrived: p.Arrived, Payload: payload})
}

// bridge fills the hole up to pts: with what was heard last, fading, if packets were lost; with silence if the other side
// sent none. It reports a hole that is too long to be filled.
func (a *audioIn) bridge(pts time.Duration) (gap bool) {
	if !a.begun {
		a.begun, a.next = true, pts
	}
	if pts-a.next > longestHole {
		a.next = pts
		return true
	}
	for a.next < pts {
		n := int(clock.Ticks(min(pts-a.next, frame), audioRate))
		if n == 0 { // a fraction of a sample
			a.next = pts
			break
		}
		if a.lost {
			a.fill(a.mask.next(a.codec, n))
		} else {
			a.fill(a.silence[a.codec][:n])
		}
	}
	return false
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
	for a.next+frame <= until {
		a.mask.forget()
		a.fill(a.silence[a.codec])
	}
}

func (a *audioIn) fill(payload []byte) {
	a.counted.filled++
	a.publish(&media.Unit{Format: a.formats[a.codec], Fill: true, Arrived: time.Now(), Payload: payload})
}

// publish puts a unit where the last one ended.
func (a *audioIn) publish(u *media.Unit) {
	u.Key = true
	u.PTS, u.DTS = a.next, a.next
	u.Duration = clock.Duration(int64(len(u.Payload)), audioRate)
	a.next += u.Duration
	a.ear.hear(u)
	a.write(u)
}

func (a *audioIn) stats() (codec media.Codec, c counted) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.codec, a.counted
}
