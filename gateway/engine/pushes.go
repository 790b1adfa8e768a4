package engine

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/rtmp"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
)

// pushes is the registry of streams that are sent to RTMP servers beside what calls are.
type pushes struct {
	engine *Engine

	mu      sync.Mutex // guards what follows
	stopped bool
	byID    map[string]*push
	running sync.WaitGroup
}

// push is one stream on its way to one server.
type push struct {
	spec    gateway.PushSpec
	id      string
	target  rtmp.Target
	release func() // the target
	created time.Time
	sink    *sinkrtmp.Push
	stop    context.CancelFunc

	mu    sync.Mutex // guards what follows
	muted bool
	sound gateway.Sound
	plays int // how often a sound was begun or ended
	over  bool
}

func newPushes(e *Engine) *pushes { return &pushes{engine: e, byID: map[string]*push{}} }

// StartPush sends a stream to one more RTMP server.
func (e *Engine) StartPush(ctx context.Context, spec gateway.PushSpec) (gateway.Push, error) {
	target, err := e.pushTarget(ctx, spec)
	if err != nil {
		return gateway.Push{}, err
	}
	clip, err := e.clip(spec.Sound.File)
	if err != nil {
		return gateway.Push{}, err
	}
	room, err := e.streams.find(spec.Stream)
	if err != nil {
		return gateway.Push{}, err
	}
	p, life, err := e.pushes.admit(room, spec, target)
	if err != nil {
		return gateway.Push{}, err
	}
	p.mute(spec.Muted)
	p.play(e, clip, spec.Sound)
	unlist := room.list(p.asSink)
	go func() {
		defer e.pushes.leave(p)
		defer unlist()
		contain(e.log, "push", func() { _ = p.sink.Run(life) }) // its state tells how it went
	}()
	e.pushes.publish(p)
	return p.snapshot(), nil
}

// pushTarget reads and checks where a push goes.
func (e *Engine) pushTarget(ctx context.Context, spec gateway.PushSpec) (rtmp.Target, error) {
	if spec.Stream == "" {
		return rtmp.Target{}, gateway.Invalid(gateway.ReasonRequired, "streamName", "", "name the stream to push.")
	}
	if spec.URL == "" {
		return rtmp.Target{}, gateway.Invalid(gateway.ReasonRequired, "rtmpUrl", "", "give an address like rtmp://host:1935/app.")
	}
	name := spec.Stream
	if spec.FullURL {
		name = ""
	}
	target, refused := rtmp.ParseTarget(spec.URL.Reveal(), name, e.config.Media.RTMPNamePrefix)
	if refused != nil {
		return rtmp.Target{}, refused
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	return target, resolveHost(ctx, "rtmpUrl", target.Host)
}

// admit makes a push, unless the stream goes there already.
func (v *pushes) admit(room *streamRoom, spec gateway.PushSpec, target rtmp.Target) (*push, context.Context, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return nil, nil, &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping, Message: "The gateway is stopping."}
	}
	id := rand.Text()
	release, err := v.engine.targets.take(&target, tenant{shown: fmt.Sprintf("push %q of stream %q", id, spec.Stream)})
	if err != nil {
		return nil, nil, err
	}
	life, stop := context.WithCancel(v.engine.life)
	p := &push{spec: spec, id: id, target: target, release: release, created: time.Now(), stop: stop}
	p.sink = sinkrtmp.NewPush(sinkrtmp.PushParams{
		Stream: room.stream, Target: target, FlashVer: spec.FlashVersion, Encoder: soundEncoder,
		OnChange: func(sinkrtmp.PushState) { v.publish(p) }, Log: v.engine.log,
	})
	v.byID[p.id] = p
	v.running.Add(1)
	return p, life, nil
}

// leave frees a push's target and tells that it is gone.
func (v *pushes) leave(p *push) {
	p.stop()
	p.release()
	v.mu.Lock()
	delete(v.byID, p.id)
	v.mu.Unlock()
	p.mu.Lock()
	p.over = true
	v.engine.bus.Remove(gateway.EventPush, p.id)
	p.mu.Unlock()
	v.running.Done()
}

// publish tells a push's present value, unless its end was told.
func (v *pushes) publish(p *push) {
	now := p.snapshot()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		v.engine.bus.SetPush(now)
	}
}

func (v *pushes) publishAll() {
	for _, p := range v.all() {
		v.publish(p)
	}
}

func (v *pushes) all() []*push {
	v.mu.Lock()
	defer v.mu.Unlock()
	all := make([]*push, 0, len(v.byID))
	for _, p := range v.byID {
		all = append(all, p)
	}
	return all
}

func (v *pushes) find(id string) (*push, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if p := v.byID[id]; p != nil {
		return p, nil
	}
	return nil, &gateway.Error{
		Code: gateway.CodeNotFound, Reason: gateway.ReasonPushMissing, Field: "mediaSessionId", Value: id,
		Message: fmt.Sprintf("mediaSessionId %q: there is no such push; its stream may have ended.", id),
	}
}

// close ends every push. It returns when all are down or ctx ends, with those that were left.
func (v *pushes) close(ctx context.Context) error {
	v.mu.Lock()
	v.stopped = true
	for _, p := range v.byID {
		p.stop()
	}
	v.mu.Unlock()
	return joined(ctx, "push", &v.running, func() []string {
		v.mu.Lock()
		defer v.mu.Unlock()
		return slices.Collect(maps.Keys(v.byID))
	})
}

// EndPush ends a push. It returns once the push is on its way down.
func (e *Engine) EndPush(_ context.Context, id string) error {
	p, err := e.pushes.find(id)
	if err != nil {
		return err
	}
	p.stop()
	return nil
}

// MutePush puts silence in place of a push's sound.
func (e *Engine) MutePush(_ context.Context, id string, muted bool) error {
	p, err := e.pushes.find(id)
	if err != nil {
		return err
	}
	p.mute(muted)
	e.pushes.publish(p)
	return nil
}

// PlayIntoPush plays a sound file in place of a push's sound.
func (e *Engine) PlayIntoPush(_ context.Context, id string, sound gateway.Sound) error {
	p, err := e.pushes.find(id)
	if err != nil {
		return err
	}
	clip, err := e.clip(sound.File)
	if err != nil {
		return err
	}
	p.play(e, clip, sound)
	e.pushes.publish(p)
	return nil
}

func (p *push) mute(muted bool) {
	p.mu.Lock()
	p.muted = muted
	p.mu.Unlock()
	p.sink.SetMuted(muted)
}

// play begins a sound, or ends the one that plays if there is no clip.
func (p *push) play(e *Engine, c *clip, sound gateway.Sound) {
	p.mu.Lock()
	p.sound = sound
	p.plays++
	mine := p.plays
	p.mu.Unlock()
	if c == nil {
		p.sink.StopSound()
		return
	}
	p.sink.PlaySound(c.samples, c.rate, sound.Loop, func() {
		p.mu.Lock()
		if p.plays == mine {
			p.sound = gateway.Sound{}
		}
		p.mu.Unlock()
		e.pushes.publish(p)
	})
}

func (p *push) snapshot() gateway.Push {
	s := p.sink.State()
	p.mu.Lock()
	defer p.mu.Unlock()
	return gateway.Push{
		ID: p.id, Stream: p.spec.Stream, Name: gateway.Secret(p.target.Name), URL: p.spec.URL, Target: p.target.String(),
		Status: s.Status, Problem: s.Problem, Width: s.Width, Height: s.Height, Muted: p.muted, Sound: p.sound,
		Bytes: s.Bytes, Dropped: s.Dropped, Created: p.created,
	}
}

func (p *push) asSink() gateway.Sink {
	s := p.sink.State()
	return gateway.Sink{
		ID: p.id, Kind: gateway.SinkRTMPPush, Target: p.target.String(),
		Status: s.Status, Problem: s.Problem, Bytes: s.Bytes, Dropped: s.Dropped,
	}
}
