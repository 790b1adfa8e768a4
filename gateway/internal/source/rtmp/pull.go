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

// How long a server may send nothing before it is asked again: at first, when nobody may be publishing there yet, and
// once media has flowed.
const (
	patience = time.Minute
	silence  = 10 * time.Second
)

var errUnpublished = errors.New("the stream is no longer published there")

// PullParams says what is fetched from where.
type PullParams struct {
	Stream   *stream.Stream
	Target   rtmp.Target
	TLS      *tls.Config     // for rtmps; nil = the system's roots
	OnChange func(PullState) // called by Run when the state changes; must not block. May be nil
	Log      *slog.Logger
}

// PullState is what has become of a pull.
type PullState struct {
	Status  gateway.PullStatus
	Problem string // what the server or the network last said; empty when all is well
}

// Pull publishes what it plays from an RTMP server, again and again until it is told to stop. Run is called once;
// State from anywhere.
type Pull struct {
	params PullParams
	log    *slog.Logger
	demux  demuxer // Run's

	mu    sync.Mutex // guards state
	state PullState
}

// NewPull prepares a pull.
func NewPull(p PullParams) *Pull {
	return &Pull{params: p, log: p.Log.With("target", p.Target.String()), state: PullState{Status: gateway.PullPending}}
}

// Run plays until ctx ends, whose cause is the only error it returns, or the stream does.
func (p *Pull) Run(ctx context.Context) error {
	pub := p.publish()
	defer pub.Close()
	playing, over := context.WithCancelCause(ctx)
	defer over(nil)
	defer watch(pub, func() { over(errOver) })()
	var wait rtmp.Backoff
	for {
		began := time.Now()
		err := p.attempt(playing)
		if playing.Err() == nil {
			p.failed(err)
			_ = wait.Pause(playing, time.Since(began), err) // what ended it is looked at next
		}
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case playing.Err() != nil:
			return nil
		}
	}
}

// publish takes over the stream: those who read it don't go on from what came before.
func (p *Pull) publish() *stream.Publisher { return p.params.Stream.Publish(stream.PublisherParams{}) }

// attempt is one connection. The stream's timeline goes on where it was, later by the time in between.
func (p *Pull) attempt(ctx context.Context) error {
	player, err := rtmp.DialPlay(ctx, p.params.Target, rtmp.Options{TLS: p.params.TLS})
	if err != nil {
		return err
	}
	defer player.Close()
	defer context.AfterFunc(ctx, player.Cut)()
	p.change(gateway.PullConnected, "")
	pub := p.publish()
	defer pub.Close()
	p.demux.clock.resume()
	idle := patience
	err = p.demux.pump(
		func() (rtmp.Tag, error) { return player.ReadTag(idle) },
		func(u *media.Unit) {
			idle = silence
			p.change(gateway.PullRunning, "")
			pub.Write(u)
		}, p.log)
	if errors.Is(err, io.EOF) {
		return errUnpublished
	}
	return err
}

// failed tells what went wrong.
func (p *Pull) failed(err error) {
	status := gateway.PullPending
	if errors.As(err, new(*rtmp.Refusal)) || errors.As(err, new(unsupported)) {
		status = gateway.PullFailed
	}
	p.change(status, p.params.Target.Redact(err.Error()))
}

// change records a new state and tells of it.
func (p *Pull) change(status gateway.PullStatus, problem string) {
	state := PullState{Status: status, Problem: problem}
	p.mu.Lock()
	before := p.state
	p.state = state
	p.mu.Unlock()
	if before == state {
		return
	}
	if before.Status != status {
		p.log.Info("rtmp pull", "status", status, "problem", problem)
	}
	if p.params.OnChange != nil {
		p.params.OnChange(state)
	}
}

// State is how the pull fares now.
func (p *Pull) State() PullState {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.state
}
