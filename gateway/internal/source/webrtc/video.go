package webrtc

import (
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
)

const videoRate = 90000

// videoIn turns packets of video into units.
type videoIn struct {
	track *clock.Track

	mu     sync.Mutex // guards what follows
	write  func(*media.Unit)
	depack depacketiser // of the one codec that was agreed on; nil before the first packet
	lost   bool         // something is missing before the next packet
	begun  bool
	last   time.Duration // newest presentation time
	format *media.Format

	needKey, gotKey bool // since verdict was asked for
}

func newVideoIn(tl *clock.Timeline) *videoIn {
	return &videoIn{track: tl.Track(videoRate)}
}

func (v *videoIn) publishTo(write func(*media.Unit)) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.write = write
}

func (v *videoIn) packet(p *packet) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.lost = v.lost || p.Lost > 0
	if v.depack == nil {
		v.depack = newDepacketiser(p.codec, v.picture)
	}
	if p.Restart {
		v.track.Restart()
		v.depack.AwaitKey()
	}
	before, waited := v.depack.Counters(), v.depack.NeedKey()
	v.depack.Push(h264.Packet{
		Timestamp: p.Timestamp, Marker: p.Marker, Payload: p.Payload, Lost: v.lost, Arrived: p.Arrived,
	})
	v.lost = false
	after := v.depack.Counters()
	if after.Spoilt > before.Spoilt {
		v.gotKey = true // what was asked for came, but in vain: it is to be asked for anew
	}
	if v.depack.NeedKey() && (!waited || after.Damaged+after.Withheld > before.Damaged+before.Withheld) {
		v.needKey = true
	}
}

// picture publishes a picture, at its time or right behind the last one if that is later. The depacketiser calls it
// from within packet.
func (v *videoIn) picture(pic h264.Picture) {
	pts, _ := v.track.Time(pic.Timestamp, pic.Began)
	if v.begun && pts <= v.last {
		pts = v.last + time.Millisecond
	}
	v.begun, v.last, v.format = true, pts, pic.Format
	v.gotKey = v.gotKey || pic.Key
	v.write(&media.Unit{
		Format: pic.Format, PTS: pts, DTS: pts, Key: pic.Key, Gap: pic.Gap, Arrived: pic.Arrived, Payload: pic.Payload,
	})
}

// verdict tells whether packets since the last call have shown that a key picture is needed, or brought one.
func (v *videoIn) verdict() (needed, got bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	needed, got = v.needKey && v.depack.NeedKey(), v.gotKey
	v.needKey, v.gotKey = false, false
	return needed, got
}

func (v *videoIn) report(ntp uint64, rtp uint32, arrived time.Time) {
	v.track.Report(ntp, rtp, arrived)
}

func (v *videoIn) stats() (format *media.Format, withheld uint64) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.depack == nil {
		return nil, 0
	}
	counters := v.depack.Counters()
	return v.format, counters.Damaged + counters.Withheld
}

// depacketiser puts pictures of any codec together.
type depacketiser interface {
	Push(p h264.Packet)
	AwaitKey()
	NeedKey() bool
	Counters() h264.Counters
}

func newDepacketiser(c media.Codec, emit func(h264.Picture)) depacketiser {
	if c == media.VP8 {
		return vp8In{vp8.NewDepacketiser(func(p vp8.Picture) { emit(h264.Picture(p)) })}
	}
	return h264.NewDepacketiser(emit)
}

// vp8In is a depacketiser of VP8.
type vp8In struct{ *vp8.Depacketiser }

func (d vp8In) Push(p h264.Packet)      { d.Depacketiser.Push(vp8.Packet(p)) }
func (d vp8In) Counters() h264.Counters { return h264.Counters(d.Depacketiser.Counters()) }
