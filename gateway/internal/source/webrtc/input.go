package webrtc

import (
	"sync"
	"time"

	"github.com/pion/rtcp"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/rtpio"
)

const (
	// videoHold is how long a missing packet of a picture is waited for: the time to ask for it two or three times.
	videoHold = 300 * time.Millisecond
	// audioHold is as long as packets that are only out of order need.
	audioHold = 60 * time.Millisecond

	maxPacket = 1500
)

// packet is an RTP packet in its place, with the codec its type stands for.
type packet struct {
	rtpio.Packet
	codec media.Codec
	rate  int
}

// input is one kind of media as it comes.
type input struct {
	feed   *rtc.Feed
	rates  map[uint8]int
	handle func(*packet)                                   // called under mu
	heard  func(ntp uint64, rtp uint32, arrived time.Time) // sender reports

	mu    sync.Mutex // guards what follows
	inlet *rtpio.Inlet
}

func newInput(f *rtc.Feed) *input {
	hold := audioHold
	if f.Kind() == media.Video {
		hold = videoHold
	}
	rates := f.ClockRates()
	return &input{feed: f, rates: rates, inlet: rtpio.NewInlet(rates, hold)}
}

// read takes packets until the peer is closed, and tells react after each what is missing.
func (in *input) read(react func(*input, []uint16)) {
	buf := make([]byte, maxPacket)
	for {
		n, err := in.feed.Read(buf)
		if err != nil {
			return
		}
		react(in, in.take(buf[:n], time.Now()))
	}
}

func (in *input) take(b []byte, now time.Time) (missing []uint16) {
	in.mu.Lock()
	defer in.mu.Unlock()
	ready, missing := in.inlet.Push(b, now)
	in.hand(ready)
	return missing
}

// expire gives up what is missing for too long, and returns what is not given up.
func (in *input) expire(now time.Time) (missing []uint16) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.hand(in.inlet.Expire(now))
	return in.inlet.Missing()
}

func (in *input) hand(ready []rtpio.Packet) {
	for _, p := range ready {
		if codec, ok := in.feed.Codec(p.PayloadType); ok {
			in.handle(&packet{p, codec, in.rates[p.PayloadType]})
		}
	}
}

// readReports takes sender reports until the peer is closed.
func (in *input) readReports() {
	for {
		packets, err := in.feed.ReadReports()
		if err != nil {
			return
		}
		now := time.Now()
		for _, p := range packets {
			if r, ok := p.(*rtcp.SenderReport); ok && r.SSRC == in.feed.SSRC() {
				in.reported(r, now)
			}
		}
	}
}

func (in *input) reported(r *rtcp.SenderReport, now time.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.inlet.SenderReport(r.NTPTime, now)
	in.heard(r.NTPTime, r.RTPTime, now)
}

// report is what is to be said of the input, if it is due and there is something to be said.
func (in *input) report(now time.Time, due bool) (rtcp.ReceptionReport, bool) {
	if !due {
		return rtcp.ReceptionReport{}, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.inlet.Report(now)
}

func (in *input) stats() rtpio.Stats {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.inlet.Stats()
}
