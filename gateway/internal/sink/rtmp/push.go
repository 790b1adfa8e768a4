package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

// PushParams says what is published where.
type PushParams struct {
	Stream   *stream.Stream
	Target   rtmp.Target
	TLS      *tls.Config // for rtmps; nil = the system's roots
	FlashVer string      // how the client calls itself; empty = as rtmp.Options has it
	// Encoder makes what is heard in place of the stream's own sound. May be nil: then that is nothing.
	Encoder  func(rate, channels int) (SoundEncoder, error)
	OnChange func(PushState) // called by Run when anything but a count changes; must not block. May be nil
	Log      *slog.Logger
}

// PushState is what has become of a push.
type PushState struct {
	Status  gateway.RTMPStatus
	Problem string // what the server or the network last said; empty when all is well
	Width   int    // of the pictures, once they are sent
	Height  int
	Bytes   uint64 // taken by the network
	Dropped uint64 // units the server was too slow for
}

// Push publishes a stream to an RTMP server, again and again until it is told to stop. Run is called once; State from
// anywhere.
type Push struct {
	params      PushParams
	log         *slog.Logger
	mux         *muxer // Run's, like established
	established bool   // media has flowed at least once
	said        string // by the server of the last connection, when it was over
	dub         *dub

	mu    sync.Mutex // guards what follows
	state PushState  // counts are those of connections that are over
	conn  *rtmp.Publisher
	read  *stream.Reader
}

// NewPush prepares a push.
func NewPush(p PushParams) *Push {
	log := p.Log.With("target", p.Target.String())
	if p.Encoder == nil {
		p.Encoder = func(int, int) (SoundEncoder, error) { return nil, errors.ErrUnsupported }
	}
	return &Push{params: p, log: log, mux: newMuxer(), dub: newDub(p.Encoder, log), state: PushState{Status: gateway.RTMPWait}}
}

// SetMuted sends silence in place of the stream's sound, or no longer.
func (p *Push) SetMuted(muted bool) { p.dub.mute(muted) }

// PlaySound sends samples of one channel in place of the stream's sound and of what played before. Run calls ended,
// which must not block and may be nil, once they are over; not if they are stopped.
func (p *Push) PlaySound(pcm []int16, rate int, loop bool, ended func()) {
	p.dub.play(&clip{pcm: pcm, rate: rate, loop: loop, ended: ended})
}

// StopSound ends what plays in place of the stream's sound.
func (p *Push) StopSound() { p.dub.play(nil) }

// Run publishes until ctx or the stream ends, which is the only error it returns: that of ctx.
func (p *Push) Run(ctx context.Context) error {
	defer p.dub.shut()
	var wait rtmp.Backoff
	for {
		began := time.Now()
		err := p.attempt(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil // the stream is over
		}
		p.failed(err)
		if err := wait.Pause(ctx, time.Since(began), err); err != nil {
			return err
		}
	}
}

// attempt is one connection, from the first unit to its end. It returns io.EOF when the stream is over.
func (p *Push) attempt(ctx context.Context) error {
	r := p.params.Stream.Attach(readerParams("push to "+p.params.Target.String(), gateway.SinkRTMPPush))
	defer r.Close()
	u, err := r.Next(ctx)
	if err != nil {
		return err
	}
	dialing, stop := while(ctx, p.params.Stream)
	defer stop()
	conn, err := rtmp.Dial(dialing, p.params.Target, rtmp.Options{TLS: p.params.TLS, FlashVer: p.params.FlashVer})
	if err != nil {
		return err
	}
	p.use(conn, r)
	defer p.release(conn, r)
	p.mux.connect(conn)
	r.RequestKeyframe()
	return p.feed(ctx, conn, r, u)
}

// while is ctx, ended with io.EOF when the stream is over.
func while(ctx context.Context, s *stream.Stream) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-s.Done():
			cancel(io.EOF)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-watched
	}
}

// feed moves units to the server until one of both ends.
func (p *Push) feed(ctx context.Context, conn *rtmp.Publisher, r *stream.Reader, u *media.Unit) error {
	ctx, cancel := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-conn.Done():
			cancel(conn.Err())
		case <-p.params.Stream.Done():
			conn.Hurry()
		case <-ctx.Done():
			conn.Hurry()
		}
	}()
	defer func() {
		cancel(nil)
		<-watched
	}()
	for {
		if err := p.dub.pass(u, !p.mux.started, p.mux.write); err != nil {
			return err
		}
		if p.mux.started {
			p.change(gateway.RTMPActive, "")
		}
		var err error
		if u, err = r.Next(ctx); err != nil {
			return err
		}
	}
}

// failed tells what went wrong.
func (p *Push) failed(err error) {
	status := gateway.RTMPFailed
	if p.established && !errors.As(err, new(*rtmp.Refusal)) {
		status = gateway.RTMPLost
	}
	p.change(status, p.params.Target.Redact(err.Error()))
}

// change records how the push fares and tells of it if it is new.
func (p *Push) change(status gateway.RTMPStatus, problem string) {
	p.mu.Lock()
	before := p.state
	p.state.Status, p.state.Problem = status, problem
	p.state.Width, p.state.Height = p.mux.meta.Width, p.mux.meta.Height
	same, turned := p.state == before, p.state.Status != before.Status
	p.mu.Unlock()
	if same {
		return
	}
	if turned {
		p.log.Info("rtmp push", "status", status, "problem", problem)
	}
	if status == gateway.RTMPActive {
		p.established = true
	}
	if p.params.OnChange != nil {
		p.params.OnChange(p.State())
	}
}

// State is how the push fares now.
func (p *Push) State() PushState {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	if p.conn != nil {
		s.Bytes += p.conn.BytesSent()
	}
	if p.read != nil {
		s.Dropped += p.read.Dropped()
	}
	return s
}

// use makes a connection the one whose counts State adds.
func (p *Push) use(conn *rtmp.Publisher, r *stream.Reader) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn, p.read = conn, r
}

// release unpublishes and keeps the connection's counts.
func (p *Push) release(conn *rtmp.Publisher, r *stream.Reader) {
	p.said = conn.Said() // before it answers our goodbye
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Bytes += conn.BytesSent()
	p.state.Dropped += r.Dropped()
	p.conn, p.read = nil, nil
}
