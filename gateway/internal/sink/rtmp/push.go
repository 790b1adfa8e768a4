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
	TLS      *tls.Config     // for rtmps; nil = the system's roots
	FlashVer string          // how the client calls itself; empty = as rtmp.Options has it
	OnChange func(PushState) // called by Run when the status or the problem changes; must not block. May be nil
	Log      *slog.Logger
}

// PushState is what has become of a push.
type PushState struct {
	Status  gateway.RTMPStatus
	Problem string // what the server or the network last said; empty when all is well
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

	mu    sync.Mutex // guards what follows
	state PushState  // counts are those of connections that are over
	conn  *rtmp.Publisher
	read  *stream.Reader
}

// NewPush prepares a push.
func NewPush(p PushParams) *Push {
	return &Push{params: p, log: p.Log.With("target", p.Target.String()), mux: newMuxer(), state: PushState{Status: gateway.RTMPWait}}
}

// steady is how long a connection must have been up for its loss to be a new story.
const steady = 5 * time.Second

// Run publishes until ctx or the stream ends, which is the only error it returns: that of ctx.
func (p *Push) Run(ctx context.Context) error {
	var wait backoff
	for {
		began := time.Now()
		err := p.attempt(ctx)
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case errors.Is(err, io.EOF):
			return nil // the stream is over
		}
		if time.Since(began) >= steady {
			wait.reset()
		}
		if err := sleep(ctx, p.failed(err, &wait)); err != nil {
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
	conn, err := rtmp.Dial(ctx, p.params.Target, rtmp.Options{TLS: p.params.TLS, FlashVer: p.params.FlashVer})
	if err != nil {
		return err
	}
	p.use(conn, r)
	defer p.release(conn, r)
	p.mux.connect(conn)
	p.params.Stream.RequestKeyframe()
	return p.feed(ctx, conn, r, u)
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
		case <-ctx.Done():
		}
	}()
	defer func() {
		cancel(nil)
		<-watched
	}()
	for {
		if err := p.mux.write(u); err != nil {
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

// failed tells what went wrong and returns how long to wait before the next attempt.
func (p *Push) failed(err error, wait *backoff) time.Duration {
	problem := p.params.Target.Redact(err.Error())
	if _, refused := errors.AsType[*rtmp.Refusal](err); refused {
		p.change(gateway.RTMPFailed, problem)
		return wait.refused()
	}
	if p.established {
		p.change(gateway.RTMPLost, problem)
	} else {
		p.change(gateway.RTMPFailed, problem)
	}
	return wait.wait()
}

// change records a new status and tells of it.
func (p *Push) change(status gateway.RTMPStatus, problem string) {
	p.mu.Lock()
	same := p.state.Status == status && p.state.Problem == problem
	turned := p.state.Status != status
	p.state.Status, p.state.Problem = status, problem
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
	conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.Bytes += conn.BytesSent()
	p.state.Dropped += r.Dropped()
	p.conn, p.read = nil, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
