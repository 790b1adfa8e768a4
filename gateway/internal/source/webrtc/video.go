package webrtc

import (
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/video"
	"callcast/gateway/internal/media"
)

const videoRate = 90000

// videoIn turns packets of video into units.
type videoIn struct {
	track *clock.Track

	mu     sync.Mutex // guards what follows
	write  func(*media.Unit)
	depack video.Depacketiser // of the one codec that was agreed on; nil before the first packet
	lost   bool               // something is missing before the next packet
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
		v.depack = video.NewDepacketiser(p.codec, v.picture)
	}
	if p.Restart {
		v.track.Restart()
		v.depack.AwaitKey()
	}
	before, waited := v.depack.Counters(), v.depack.NeedKey()
	v.depack.Push(video.Packet{
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
func (v *videoIn) picture(pic video.Picture) {
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
