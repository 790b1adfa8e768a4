package webrtc

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/stream"
)

// Params configures a viewer.
type Params struct {
	ID          string
	Stream      *stream.Stream
	Peer        *rtc.Peer // closed when Run ends; a publisher may have it too
	ConnectTime time.Duration
	OnConnected func() // called once when media can flow. May be nil
	Log         *slog.Logger
}

// Viewer sends a stream to one browser.
type Viewer struct {
	params  Params
	log     *slog.Logger
	senders [media.Kinds]*sender // nil where the browser wants nothing
	reader  atomic.Pointer[stream.Reader]
}

// New makes a viewer that sends nothing yet.
func New(p Params) *Viewer {
	v := &Viewer{params: p, log: p.Log.With("viewer", p.ID, "stream", p.Stream.Name())}
	for kind := range v.senders {
		if t := p.Peer.Track(media.Kind(kind)); t != nil {
			v.senders[kind] = newSender(t)
		}
	}
	return v
}

// Run sends the stream until it ends (nil), the browser leaves (rtc.ErrLeft), falls silent (rtc.ErrLost) or is not reached
// (rtc.ErrNoWay), or ctx ends.
func (v *Viewer) Run(ctx context.Context) error {
	var feedback sync.WaitGroup
	defer feedback.Wait()
	defer v.params.Peer.Close()
	if err := v.params.Peer.Connect(ctx, v.params.ConnectTime); err != nil {
		return err
	}
	if v.params.OnConnected != nil {
		v.params.OnConnected()
	}
	ctx, leave := context.WithCancelCause(ctx)
	defer leave(nil)
	feedback.Go(func() {
		select {
		case <-v.params.Peer.Gone():
			leave(v.params.Peer.Why())
		case <-ctx.Done():
		}
	})
	for _, s := range v.senders {
		if s != nil {
			feedback.Go(func() { s.listen(v.params.Stream.RequestKeyframe) })
		}
	}
	return v.send(ctx)
}

func (v *Viewer) send(ctx context.Context) error {
	r := v.params.Stream.Attach(v.readerParams())
	defer r.Close()
	v.reader.Store(r)
	var line timeline
	for {
		u, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line.begin(u, time.Now())
		s := v.senders[u.Kind()]
		if err := s.send(u); err != nil {
			return err
		}
		if report := s.report(&line, time.Now()); report != nil {
			if err := v.params.Peer.Report(report); err != nil {
				return err
			}
		}
	}
}

func (v *Viewer) readerParams() stream.ReaderParams {
	p := stream.ReaderParams{Name: v.params.Peer.Remote(), Sink: gateway.SinkWebRTC, InOrder: true}
	if s := v.senders[media.Audio]; s != nil {
		p.Audio = s.track.Codecs()
	}
	if s := v.senders[media.Video]; s != nil {
		p.Video = s.track.Codecs()
	}
	return p
}

// Sink describes the viewer for a snapshot of the stream.
func (v *Viewer) Sink() gateway.Sink {
	sink := gateway.Sink{
		ID: v.params.ID, Kind: gateway.SinkWebRTC,
		Viewer: gateway.ViewerStats{State: gateway.ViewerConnecting},
	}
	if r := v.reader.Load(); r != nil {
		of := r.Sink()
		sink.Target, sink.Dropped = of.Target, of.Dropped
		sink.Viewer.State, sink.Viewer.Remote = gateway.ViewerPlaying, of.Target
	}
	for _, s := range v.senders {
		if s != nil {
			sink.Bytes += s.tally.addTo(&sink.Viewer)
		}
	}
	return sink
}
