package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/rtmp"
	sourcertmp "callcast/gateway/internal/source/rtmp"
)

// pulls is the registry of streams that are fetched from RTMP servers.
type pulls struct {
	engine *Engine

	mu      sync.Mutex // guards what follows
	stopped bool
	byID    map[string]*pull
	running sync.WaitGroup
}

// pull is one stream that is fetched.
type pull struct {
	id      string
	uri     gateway.Secret
	shown   string
	room    *streamRoom
	source  *sourcertmp.Pull
	created time.Time
	stop    context.CancelFunc

	mu   sync.Mutex // guards over
	over bool
}

func newPulls(e *Engine) *pulls { return &pulls{engine: e, byID: map[string]*pull{}} }

// StartPull fetches a stream from another RTMP server.
func (e *Engine) StartPull(ctx context.Context, spec gateway.PullSpec) (gateway.Pull, error) {
	target, shown, err := pullTarget(ctx, spec.URI)
	if err != nil {
		return gateway.Pull{}, err
	}
	if spec.Stream == "" {
		spec.Stream = shown
	}
	if err := checkName("localStreamName", spec.Stream); err != nil {
		return gateway.Pull{}, err
	}
	p, life, err := e.pulls.admit(spec, target, shown)
	if err != nil {
		return gateway.Pull{}, err
	}
	go func() {
		defer e.pulls.leave(p)
		contain(e.log, "pull", func() { _ = p.source.Run(life) }) // its state tells how it went
	}()
	e.pulls.publish(p)
	return p.snapshot(), nil
}

// pullTarget reads and checks a URI, and says how it is shown.
func pullTarget(ctx context.Context, uri gateway.Secret) (rtmp.Target, string, error) {
	if uri == "" {
		return rtmp.Target{}, "", gateway.Invalid(gateway.ReasonRequired, "uri", "", "give an address like rtmp://host:1935/app/name.")
	}
	target, refused := rtmp.ParseURI(uri.Reveal())
	if refused != nil {
		return rtmp.Target{}, "", refused
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	return target, withoutSecrets(uri.Reveal()), resolveHost(ctx, "uri", target.Host)
}

// withoutSecrets is a URI for the eye: as it was given if it holds no credentials and no query.
func withoutSecrets(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.User == nil && u.RawQuery == "" {
		return uri
	}
	u.User, u.RawQuery = nil, ""
	return u.String()
}

// admit makes a pull and opens its stream.
func (v *pulls) admit(spec gateway.PullSpec, target rtmp.Target, shown string) (*pull, context.Context, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return nil, nil, &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping, Message: "The gateway is stopping."}
	}
	if other := v.findLocked(spec.URI.Reveal()); other != nil {
		return nil, nil, &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonPullExists, Field: "uri", Value: shown,
			Message: fmt.Sprintf("uri %q: it is pulled already, as stream %q.", shown, other.room.stream.Name()),
		}
	}
	life, stop := context.WithCancel(v.engine.life)
	p := &pull{id: rand.Text(), uri: spec.URI, shown: shown, created: time.Now(), stop: stop}
	room, err := v.engine.streams.open(spec.Stream, origin{
		id: p.id, source: gateway.SourcePull, from: shown, field: "localStreamName", end: stop,
	})
	if err != nil {
		stop()
		return nil, nil, err
	}
	p.room = room
	p.source = sourcertmp.NewPull(sourcertmp.PullParams{
		Stream: room.stream, Target: target, OnChange: func(sourcertmp.PullState) { v.publish(p) }, Log: v.engine.log,
	})
	v.byID[p.id] = p
	v.running.Add(1)
	return p, life, nil
}

// leave takes a pull's stream down and tells that it is gone.
func (v *pulls) leave(p *pull) {
	p.stop()
	v.engine.streams.close(p.room)
	v.mu.Lock()
	delete(v.byID, p.id)
	v.mu.Unlock()
	p.mu.Lock()
	p.over = true
	v.engine.bus.Remove(gateway.EventPull, p.id)
	p.mu.Unlock()
	v.running.Done()
}

// EndPull ends the pull with this id or URI.
func (e *Engine) EndPull(_ context.Context, id string) error {
	v := e.pulls
	v.mu.Lock()
	defer v.mu.Unlock()
	p := v.findLocked(id)
	if p == nil {
		return &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonPullMissing, Field: "uri", Value: gateway.Secret(id).String(),
			Message: "uri: there is no such pull; /rest-api/pull/rtmp/find_all lists those there are.",
		}
	}
	p.stop()
	return nil
}

// findLocked returns the pull with this id or URI, whose credentials may be left out.
func (v *pulls) findLocked(id string) *pull {
	for _, p := range v.byID {
		if p.id == id || p.uri.Reveal() == id || p.shown == id {
			return p
		}
	}
	return nil
}

// publish tells a pull's present value, unless its end was told.
func (v *pulls) publish(p *pull) {
	now := p.snapshot()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		v.engine.bus.SetPull(now)
	}
}

// close ends every pull. It returns when all are down or ctx ends, with those that were left.
func (v *pulls) close(ctx context.Context) error {
	v.mu.Lock()
	v.stopped = true
	for _, p := range v.byID {
		p.stop()
	}
	v.mu.Unlock()
	return joined(ctx, "pull", &v.running, func() []string {
		v.mu.Lock()
		defer v.mu.Unlock()
		return slices.Collect(maps.Keys(v.byID))
	})
}

func (p *pull) snapshot() gateway.Pull {
	s := p.source.State()
	return gateway.Pull{
		ID: p.id, URI: p.uri, Shown: p.shown, Stream: p.room.stream.Name(), Status: s.Status, Problem: s.Problem, Created: p.created,
	}
}
