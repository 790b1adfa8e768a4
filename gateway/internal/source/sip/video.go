package sip

import (
	"bytes"
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/video"
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
	offered  []media.Codec
	track    *clock.Track
	wantKey  func()
	gotKey   func()
	slates   slate.Set // nil: nothing stands in for missing video

	mu       sync.Mutex // guards what follows
	write    func(*media.Unit)
	types    map[uint8]media.Codec // of the payload types that may come in
	codec    media.Codec           // of what came last, or is expected
	depack   video.Depacketiser    // of codec
	sets     [2][]byte             // of H.264, from the latest description
	lost     bool                  // something is missing before the next packet
	agreed   bool                  // negotiation has taken place
	blind    bool                  // the call is held: what comes is not taken
	since    time.Time             // when video last came, or was agreed on. Zero: there is none in the call
	filling  bool
	due      time.Time     // of the next slate
	begun    bool          // something was published
	last     time.Duration // newest presentation time
	format   *media.Format
	counted  counted
	withheld uint64 // by depacketisers before depack
}

func newVideoIn(tl *clock.Timeline, offered []media.Codec, wantKey, gotKey func()) *videoIn {
	v := &videoIn{
		timeline: tl, offered: offered, track: tl.Track(videoRate), wantKey: wantKey, gotKey: gotKey, write: func(*media.Unit) {},
	}
	v.types = payloadTypes(nil, offered)
	v.use(media.H264)
	return v
}

// use puts together pictures of a codec from now on.
func (v *videoIn) use(c media.Codec) {
	if c == v.codec {
		return
	}
	if v.depack != nil {
		v.withheld += withheld(v.depack)
	}
	v.codec, v.depack = c, video.NewDepacketiser(c, v.picture)
	v.depack.AddSets(v.sets[:]...)
}

func withheld(d video.Depacketiser) uint64 {
	c := d.Counters()
	return c.Damaged + c.Withheld
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
	v.types = payloadTypes(m, v.offered)
	// Parameter sets from an earlier description may have been replaced in band since: only new ones count.
	if sets := parameterSets(m); !bytes.Equal(sets[0], v.sets[0]) || !bytes.Equal(sets[1], v.sets[1]) {
		v.sets = sets
		v.depack.AddSets(sets[:]...)
	}
	if v.since.IsZero() {
		v.since = time.Now()
		v.use(m.Payloads[0].Codec)
	}
}

func parameterSets(m *sdp.Media) [2][]byte {
	for _, p := range m.Payloads {
		if p.Codec == media.H264 {
			return [2][]byte{p.SPS, p.PPS}
		}
	}
	return [2][]byte{}
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
	codec, known := v.types[p.PayloadType]
	if len(p.Payload) == 0 || v.blind || !known {
		return false
	}
	v.use(codec)
	before, waited := v.depack.Counters(), v.depack.NeedKey()
	v.depack.Push(video.Packet{
		Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload, Lost: v.lost, Arrived: p.Arrived,
	})
	v.lost = false
	after := v.depack.Counters()
	if after.Spoilt > before.Spoilt {
		v.gotKey() // what was asked for came, but in vain: it is to be asked for anew
	}
	failed := after.Damaged+after.Withheld > before.Damaged+before.Withheld
	return v.depack.NeedKey() && (!waited || failed)
}

// picture publishes a picture. The depacketiser calls it from within packet.
func (v *videoIn) picture(pic video.Picture) {
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
	if v.slates == nil || !v.agreed || now.Sub(v.since) < patience {
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
	u := v.slates[v.codec].Unit(v.counted.filled)
	u.PTS, u.Arrived = v.timeline.At(now), now
	v.publish(u)
}

func (v *videoIn) stats() (format *media.Format, c counted, lost uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.format, v.counted, v.withheld + withheld(v.depack)
}
