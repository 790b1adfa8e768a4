package webrtc

import (
	"sync"
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
)

// hole is what is more between two units than the rounding of stamps.
const hole = time.Millisecond

// audioIn turns packets of audio into units.
type audioIn struct {
	timeline *clock.Timeline

	mu     sync.Mutex // guards what follows
	write  func(*media.Unit)
	track  *clock.Track
	rate   int // of track
	format *media.Format
	begun  bool
	next   time.Duration // where the next unit begins if nothing is missing
	last   time.Duration
	lost   bool // something is missing before the next packet
}

func newAudioIn(tl *clock.Timeline) *audioIn { return &audioIn{timeline: tl} }

func (a *audioIn) publishTo(write func(*media.Unit)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.write = write
}

func (a *audioIn) packet(p *packet) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.lost = a.lost || p.Lost > 0
	if a.rate != p.rate { // another codec
		a.track, a.rate = a.timeline.Track(p.rate), p.rate
	}
	if p.Restart {
		a.track.Restart()
	}
	sound, ok := listen(p.codec, p.Payload)
	if !ok {
		a.lost = true
		return
	}
	if a.format == nil || a.format.Codec != p.codec || a.format.Channels < sound.channels {
		a.format = &media.Format{Codec: p.codec, SampleRate: sound.sampleRate, Channels: sound.channels}
	}
	pts, _ := a.track.Time(p.Timestamp, p.Arrived)
	if a.begun {
		pts = max(pts, a.last)
	}
	gap := a.lost || a.begun && pts-a.next > hole
	a.begun, a.lost, a.last, a.next = true, false, pts, pts+sound.duration
	a.write(&media.Unit{
		Format: a.format, PTS: pts, DTS: pts, Duration: sound.duration, Key: true, Gap: gap,
		Arrived: p.Arrived, Payload: p.Payload,
	})
}

func (a *audioIn) report(ntp uint64, rtp uint32, arrived time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.track != nil {
		a.track.Report(ntp, rtp, arrived)
	}
}

func (a *audioIn) codec() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.format == nil {
		return ""
	}
	return string(a.format.Codec)
}
