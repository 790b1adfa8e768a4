package sip

import (
	"slices"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/playout"
	"callcast/gateway/internal/slate"
)

const (
	// maxPayload leaves room for headers within the smallest usual MTU.
	maxPayload = 1200

	// maxWhole is what fits an Ethernet frame. A larger NAL unit is sent in fragments even to those who have not said that
	// they take them: most do, and whole it would not come at all.
	maxWhole = 1400

	// burst is about how many packets go out at once. What a stream keeps for those who join it is hundreds, and overruns
	// the buffers on the way.
	burst = 50
)

// videoOut sends the pictures of the injected stream, and the slate while there are none.
type videoOut struct {
	out
	slates   slate.Set
	codec    media.Codec // of what was last sent
	vp8      vp8.Packetiser
	begun    time.Time
	due      time.Time // of the next slate
	shown    uint64    // slates
	stamped  time.Time // the moment that the last picture's stamp stands for
	keyDue   bool      // a key picture was asked for and has not been sent yet
	playout  *playout.Playout
	live     time.Time // when the last picture of playout was sent; zero while it is the slate's turn
	payloads [][]byte  // room, used again
}

func newVideoOut(s rtpSender, slates slate.Set) videoOut {
	return videoOut{out: newOut(s), slates: slates, vp8: vp8.Packetiser{MaxPayload: maxPayload}}
}

// tick sends what is due, and tells when the next picture of the injected stream is.
func (v *videoOut) tick(now time.Time, j job) (next time.Time) {
	if v.begun.IsZero() {
		v.begun = now
	}
	if v.codec != j.plan.pictures || v.playout != j.playout && !v.live.IsZero() {
		v.live, v.due = time.Time{}, now
	}
	v.codec, v.playout = j.plan.pictures, j.playout
	v.keyDue = v.keyDue || j.showKey
	if v.playout != nil {
		next = v.play(now, j.plan)
	}
	if v.live.IsZero() {
		v.showSlate(now, j.plan)
	}
	return next
}

// play sends the pictures of the injected stream that are due. When none comes for long, the slate has its turn until a
// picture that needs none before it.
func (v *videoOut) play(now time.Time, p plan) (next time.Time) {
	for sent := 0; sent < burst; {
		u, at := v.playout.Picture(now)
		if u == nil {
			next = at
			break
		}
		if u.Format.Codec != p.pictures {
			continue // it was to be sent before another codec was agreed on
		}
		sent += v.picture(u, at, now, p)
		v.live = now
	}
	switch {
	case v.live.IsZero():
	case now.Sub(v.live) >= patience:
		v.live, v.due = time.Time{}, now
		v.playout.AwaitKey()
	case v.keyDue:
		v.playout.RequestKeyframe() // the stream passes on one a second
	}
	return next
}

func (v *videoOut) showSlate(now time.Time, p plan) {
	if v.keyDue && v.due.Sub(now) <= slate.Period-keySpacing {
		v.due = now
	}
	if now.Before(v.due) {
		return
	}
	v.due = now.Add(slate.Period)
	v.picture(v.slates[p.pictures].Unit(v.shown), now, now, p)
	v.shown++
}

// picture sends a picture that was due at a moment, and returns in how many packets.
func (v *videoOut) picture(u *media.Unit, at, now time.Time, p plan) (packets int) {
	v.pack(u, p)
	stamp := v.stamp(at, now)
	for i, payload := range v.payloads {
		v.send(p.videoType, stamp, i == len(v.payloads)-1, payload)
	}
	if u.Key {
		v.keyDue = false
	}
	packets = len(v.payloads)
	clear(v.payloads)
	return packets
}

// pack cuts a picture into payloads.
func (v *videoOut) pack(u *media.Unit, p plan) {
	if u.Format.Codec == media.VP8 {
		v.payloads = v.vp8.Append(v.payloads[:0], u)
		return
	}
	packetiser := h264.Packetiser{Mode: p.packetiserMode, MaxPayload: maxPayload}
	v.payloads = packetiser.Append(v.payloads[:0], u)
	if slices.ContainsFunc(v.payloads, func(b []byte) bool { return len(b) > maxWhole }) {
		packetiser.Mode = 1
		v.payloads = packetiser.Append(v.payloads[:0], u)
	}
}

// stamp is the one of a picture that was due at a moment: of that moment, or of now if it is later than a busy machine
// explains; and always after the one before.
func (v *videoOut) stamp(at, now time.Time) uint32 {
	if now.Sub(at) > frame {
		at = now
	}
	if earliest := v.stamped.Add(time.Millisecond); at.Before(earliest) {
		at = earliest
	}
	v.stamped = at
	return uint32(clock.Ticks(at.Sub(v.begun), videoRate))
}
