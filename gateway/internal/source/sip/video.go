package sip

import (
	"bytes"
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/slate"
)

// patience is how long negotiated video may stay away before the slate takes its place.
const patience = 3 * time.Second

// videoIn turns video packets into units, and puts the slate where no video is.
type videoIn struct {
	timeline *clock.Timeline
	track    *clock.Track
	wantKey  func()
	gotKey   func()
	slate    *slate.Slate // nil: nothing stands in for missing video

	mu      sync.Mutex // guards what follows
	write   func(*media.Unit)
	depack  *h264.Depacketiser
	sets    [2][]byte // from the latest description
	lost    bool      // something is missing before the next packet
	agreed  bool      // negotiation has taken place
	blind   bool      // the call is held: what comes is not taken
	since   time.Time // when video last came, or was agreed on. Zero: there is none in the call
	filling bool
	due     time.Time     // of the next slate
	begun   bool          // something was published
	last    time.Duration // newest presentation time
	format  *media.Format
	counted counted
}

func newVideoIn(tl *clock.Timeline, wantKey, gotKey func()) *videoIn {
	v := &videoIn{
		timeline: tl, track: tl.Track(videoRate), wantKey: wantKey, gotKey: gotKey, write: func(*media.Unit) {},
	}
	v.depack = h264.NewDepacketiser(v.picture)
	return v
}

func (v *videoIn) publishTo(write func(*media.Unit)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.write = write
}

// negotiated takes what was agreed on; nil if there is no video in the call.
func (v *videoIn) negotiated(m *sdp.Media) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.agreed = true
	v.blind = m != nil && !m.Direction.Receive
	if m == nil || v.blind {
		v.since, v.format = time.Time{}, nil
		return
	}
	if v.since.IsZero() {
		v.since = time.Now()
	}
	p := m.Payloads[0]
	// Parameter sets from an earlier description may have been replaced in band since: only new ones count.
	if sets := [2][]byte{p.SPS, p.PPS}; !bytes.Equal(sets[0], v.sets[0]) || !bytes.Equal(sets[1], v.sets[1]) {
		v.sets = sets
		v.depack.AddSets(sets[:]...)
	}
}

func (v *videoIn) handle(p rtpio.Packet) {
	if v.packet(p) {
		v.wantKey()
	}
}

// packet takes the next packet and reports whether it shows that a key frame is needed.
func (v *videoIn) packet(p rtpio.Packet) (needKey bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lost = v.lost || p.Lost > 0
	if p.Restart {
		v.track.Restart()
		v.depack.AwaitKey()
	}
	if len(p.Payload) == 0 || v.blind {
		return false
	}
	before, waited := v.depack.Counters(), v.depack.NeedKey()
	v.depack.Push(h264.Packet{
		Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload, Lost: v.lost, Arrived: p.Arrived,
	})
	v.lost = false
	after := v.depack.Counters()
	if after.Spoilt > before.Spoilt {
		v.gotKey() // what was asked for came, but in vain: it is to be asked for anew
	}
	withheld := after.Damaged+after.Withheld > before.Damaged+before.Withheld
	return v.depack.NeedKey() && (!waited || withheld)
}

// picture publishes a picture. The depacketiser calls it from within packet.
func (v *videoIn) picture(pic h264.Picture) {
	pts, _ := v.track.Time(pic.Timestamp, pic.Began)
	v.since, v.filling, v.format = pic.Arrived, false, pic.Format
	v.counted.units++
	if pic.Key {
		v.gotKey()
	}
	v.publish(&media.Unit{
		Format: pic.Format, PTS: pts, Key: pic.Key, Gap: pic.Gap, Arrived: pic.Arrived, Payload: pic.Payload,
	})
}

// publish puts a unit at its time, or right behind the last one if that is later.
func (v *videoIn) publish(u *media.Unit) {
	if v.begun && u.PTS <= v.last {
		u.PTS = v.last + time.Millisecond
	}
	u.DTS = u.PTS
	v.begun, v.last = true, u.PTS
	v.write(u)
}

// tick publishes the slate while no video comes.
func (v *videoIn) tick(now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.slate == nil || !v.agreed || now.Sub(v.since) < patience {
		return
	}
	if !v.filling {
		v.filling, v.due = true, now
		v.depack.AwaitKey() // video may come back only with a picture that needs none before it
	}
	if now.Before(v.due) {
		return
	}
	v.due = now.Add(slate.Period)
	v.counted.filled++
	u := v.slate.Unit(v.counted.filled)
	u.PTS, u.Arrived = v.timeline.At(now), now
	v.publish(u)
}

func (v *videoIn) stats() (format *media.Format, c counted, withheld uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	counters := v.depack.Counters()
	return v.format, v.counted, counters.Damaged + counters.Withheld
}
