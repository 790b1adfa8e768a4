package webrtc

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pion/rtcp"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/stream"
)

// What happens by the clock.
const (
	beat        = 50 * time.Millisecond  // of everything below, and how often a browser is told how its packets arrive
	askAgain    = 100 * time.Millisecond // for packets that are still missing
	reportEvery = time.Second            // of receiver reports
)

// Params configures a publisher.
type Params struct {
	ID          string
	Stream      *stream.Stream
	Peer        *rtc.Peer // closed when Run ends; a viewer may have it too
	ConnectTime time.Duration
	OnConnected func() // called once when media can flow. May be nil
	Log         *slog.Logger
}

// Publisher is the source of a stream that one browser sends.
type Publisher struct {
	params Params
	log    *slog.Logger
	ssrc   uint32 // that reports are signed with
	audio  *audioIn
	video  *videoIn
	keys   keyRequest

	asked, reported time.Time // when, of the goroutine that runs

	mu     sync.Mutex // guards what follows
	remote string
	inputs [media.Kinds]*input // nil until the first packet
}

// New makes a publisher that receives nothing yet.
func New(p Params) *Publisher {
	timeline := clock.NewTimeline()
	return &Publisher{
		params: p, log: p.Log.With("publisher", p.ID, "stream", p.Stream.Name()), ssrc: rand.Uint32(),
		audio: newAudioIn(timeline), video: newVideoIn(timeline),
	}
}

// Run publishes what the browser sends until the stream ends (nil), the browser leaves (rtc.ErrLeft), falls silent
// (rtc.ErrLost) or is not reached (rtc.ErrNoWay), or ctx ends.
func (p *Publisher) Run(ctx context.Context) error {
	var reading sync.WaitGroup
	defer reading.Wait()
	defer p.params.Peer.Close()
	if err := p.params.Peer.Connect(ctx, p.params.ConnectTime); err != nil {
		return err
	}
	p.mu.Lock()
	p.remote = p.params.Peer.Remote()
	p.mu.Unlock()
	publisher := p.params.Stream.Publish(stream.PublisherParams{RequestKeyframe: p.wantKey})
	defer publisher.Close()
	p.audio.publishTo(publisher.Write)
	p.video.publishTo(publisher.Write)
	if p.params.OnConnected != nil {
		p.params.OnConnected()
	}
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for {
		select {
		case f := <-p.params.Peer.Feeds():
			p.begin(f, &reading)
		case now := <-ticker.C:
			p.tick(now)
		case <-p.params.Peer.Gone():
			return p.params.Peer.Why()
		case <-publisher.Done():
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// begin reads what the browser has begun to send.
func (p *Publisher) begin(f *rtc.Feed, reading *sync.WaitGroup) {
	in := newInput(f)
	if f.Kind() == media.Video {
		in.handle, in.heard = p.video.packet, p.video.report
	} else {
		in.handle, in.heard = p.audio.packet, p.audio.report
	}
	p.mu.Lock()
	p.inputs[f.Kind()] = in
	p.mu.Unlock()
	reading.Go(func() { in.read(p.react) })
	reading.Go(in.readReports)
	p.log.Info("media comes", "kind", f.Kind())
}

// react asks at once for what packets have shown to be missing.
func (p *Publisher) react(in *input, missing []uint16) {
	if in.feed.Kind() != media.Video {
		return // sound is over before what is missing can come
	}
	if len(missing) > 0 {
		p.say(p.nack(in, missing))
	}
	needed, got := p.video.verdict()
	if got {
		p.keys.got()
	}
	if needed {
		p.wantKey()
	}
}

// tick does what is due.
func (p *Publisher) tick(now time.Time) {
	again, report := now.Sub(p.asked) >= askAgain, now.Sub(p.reported) >= reportEvery
	if again {
		p.asked = now
	}
	var blocks []rtcp.ReceptionReport
	for _, in := range p.received() {
		missing := in.expire(now)
		if !again {
			missing = nil
		}
		p.react(in, missing)
		if block, ok := in.report(now, report); ok {
			blocks = append(blocks, block)
		}
	}
	if len(blocks) > 0 {
		p.reported = now
		p.say(&rtcp.ReceiverReport{SSRC: p.ssrc, Reports: blocks})
	}
	if err := p.params.Peer.ReportArrivals(); err != nil {
		p.log.Debug("report arrivals", "err", err)
	}
	p.askKey(now)
}

// received are the inputs that there are.
func (p *Publisher) received() []*input {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []*input
	for _, in := range p.inputs {
		if in != nil {
			all = append(all, in)
		}
	}
	return all
}

// wantKey asks the browser for a key picture, soon and until it comes.
func (p *Publisher) wantKey() {
	now := time.Now()
	p.keys.want(now)
	p.askKey(now)
}

// askKey asks if it is time to. Who has sent no picture yet will begin with a key picture.
func (p *Publisher) askKey(now time.Time) {
	p.mu.Lock()
	in := p.inputs[media.Video]
	p.mu.Unlock()
	if in != nil && p.keys.due(now) {
		p.say(&rtcp.PictureLossIndication{SenderSSRC: p.ssrc, MediaSSRC: in.feed.SSRC()})
	}
}

func (p *Publisher) nack(in *input, missing []uint16) rtcp.Packet {
	return &rtcp.TransportLayerNack{
		SenderSSRC: p.ssrc, MediaSSRC: in.feed.SSRC(), Nacks: rtcp.NackPairsFromSequenceNumbers(missing),
	}
}

// say sends a report. What cannot be sent is said again when it is due again.
func (p *Publisher) say(report rtcp.Packet) {
	if err := p.params.Peer.Report(report); err != nil {
		p.log.Debug("report", "err", err)
	}
}
