package gatewaytest

import (
	"context"
	"slices"
	"time"

	"callcast/gateway"
)

// EndStream implements gateway.API. By default the stream disappears.
func (f *Fake) EndStream(_ context.Context, name string) error {
	if err := f.refuse("EndStream"); err != nil {
		return err
	}
	if err := f.streamExists(name); err != nil {
		return err
	}
	f.RemoveStream(name)
	return nil
}

// StartPush implements gateway.API. By default every stream that exists is pushed, once to each URL, and is on air at
// once.
func (f *Fake) StartPush(_ context.Context, spec gateway.PushSpec) (gateway.Push, error) {
	f.mu.Lock()
	f.pushed = append(f.pushed, spec)
	f.mu.Unlock()
	if err := f.refuse("StartPush"); err != nil {
		return gateway.Push{}, err
	}
	if err := f.streamExists(spec.Stream); err != nil {
		return gateway.Push{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.pushes.list() {
		if p.Stream == spec.Stream && p.URL == spec.URL {
			return gateway.Push{}, refused(gateway.CodeConflict, gateway.ReasonPushExists, "rtmpUrl", spec.URL.String(), "it is pushed there already")
		}
	}
	p := gateway.Push{
		ID: f.makeID("push"), Stream: spec.Stream, URL: spec.URL, Target: spec.URL.String(), Status: gateway.RTMPActive,
		Muted: spec.Muted, Sound: spec.Sound, Created: time.Now(),
	}
	if !spec.FullURL {
		p.Name = gateway.Secret("rtmp_" + spec.Stream)
	}
	f.pushes.set(p.ID, p)
	f.publish(pushEvent(p))
	return p, nil
}

// SetPush adds or replaces a push and tells every subscriber.
func (f *Fake) SetPush(p gateway.Push) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pushes.set(p.ID, p)
	f.publish(pushEvent(p))
}

// EndPush implements gateway.API.
func (f *Fake) EndPush(_ context.Context, id string) error {
	if err := f.refuse("EndPush"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.pushes.remove(id) {
		return pushNotFound(id)
	}
	f.publish(gateway.Event{Kind: gateway.EventPush, ID: id, Removed: true})
	return nil
}

// MutePush implements gateway.API.
func (f *Fake) MutePush(_ context.Context, id string, muted bool) error {
	return f.changePush("MutePush", id, func(p *gateway.Push) { p.Muted = muted })
}

// PlayIntoPush implements gateway.API. By default every file exists.
func (f *Fake) PlayIntoPush(_ context.Context, id string, sound gateway.Sound) error {
	return f.changePush("PlayIntoPush", id, func(p *gateway.Push) { p.Sound = sound })
}

func (f *Fake) changePush(verb, id string, change func(*gateway.Push)) error {
	if err := f.refuse(verb); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.pushes.get(id)
	if !ok {
		return pushNotFound(id)
	}
	change(&p)
	f.pushes.set(id, p)
	f.publish(pushEvent(p))
	return nil
}

// TestPush implements gateway.API. By default every server is content.
func (f *Fake) TestPush(_ context.Context, spec gateway.PushSpec) (gateway.PushTest, error) {
	f.mu.Lock()
	f.tested = append(f.tested, spec)
	f.mu.Unlock()
	if err := f.refuse("TestPush"); err != nil {
		return gateway.PushTest{}, err
	}
	return gateway.PushTest{Target: spec.URL.String(), Took: time.Second, Said: "NetStream.Publish.Start"}, nil
}

// TestedPushes returns every request to try a target, in order.
func (f *Fake) TestedPushes() []gateway.PushSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.tested)
}

// Pushed returns every request to push, in order.
func (f *Fake) Pushed() []gateway.PushSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.pushed)
}

// StartPull implements gateway.API. By default the pull is PENDING until SetPull says otherwise.
func (f *Fake) StartPull(_ context.Context, spec gateway.PullSpec) (gateway.Pull, error) {
	f.mu.Lock()
	f.pulled = append(f.pulled, spec)
	f.mu.Unlock()
	if err := f.refuse("StartPull"); err != nil {
		return gateway.Pull{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.pulls.list() {
		if p.URI == spec.URI {
			return gateway.Pull{}, refused(gateway.CodeConflict, gateway.ReasonPullExists, "uri", spec.URI.String(), "it is pulled already")
		}
	}
	p := gateway.Pull{
		ID: f.makeID("pull"), URI: spec.URI, Shown: spec.URI.Reveal(), Stream: spec.Stream, Status: gateway.PullPending, Created: time.Now(),
	}
	if p.Stream == "" {
		p.Stream = p.Shown
	}
	f.pulls.set(p.ID, p)
	f.publish(pullEvent(p))
	return p, nil
}

// SetPull adds or replaces a pull and tells every subscriber.
func (f *Fake) SetPull(p gateway.Pull) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pulls.set(p.ID, p)
	f.publish(pullEvent(p))
}

// EndPull implements gateway.API.
func (f *Fake) EndPull(_ context.Context, pull string) error {
	if err := f.refuse("EndPull"); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, p := range f.pulls.list() {
		if p.ID == pull || p.URI.Reveal() == pull {
			f.pulls.remove(p.ID)
			f.publish(gateway.Event{Kind: gateway.EventPull, ID: p.ID, Removed: true})
			return nil
		}
	}
	return refused(gateway.CodeNotFound, gateway.ReasonPullMissing, "uri", pull, "no pull with this URI")
}

// Pulled returns every request to pull, in order.
func (f *Fake) Pulled() []gateway.PullSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.pulled)
}

// InjectStream implements gateway.API. By default any stream goes into any call that is up.
func (f *Fake) InjectStream(_ context.Context, callID, stream string) error {
	if err := f.streamExists(stream); err != nil {
		return err
	}
	return f.changeCall("InjectStream", callID, func(c *gateway.Call) { c.Injected = stream })
}

// InjectSound implements gateway.API. By default every file exists.
func (f *Fake) InjectSound(_ context.Context, callID string, sound gateway.Sound) error {
	return f.changeCall("InjectSound", callID, func(c *gateway.Call) { c.Playing = sound.File })
}

// EndInjection implements gateway.API.
func (f *Fake) EndInjection(_ context.Context, callID string) error {
	return f.changeCall("EndInjection", callID, func(c *gateway.Call) { c.Injected = "" })
}

// EndSound implements gateway.API.
func (f *Fake) EndSound(_ context.Context, callID string) error {
	return f.changeCall("EndSound", callID, func(c *gateway.Call) { c.Playing = "" })
}

func (f *Fake) changeCall(verb, id string, change func(*gateway.Call)) error {
	if err := f.refuse(verb); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.calls.get(id)
	if !ok {
		return callNotFound(id)
	}
	change(&c)
	f.setCall(c)
	return nil
}

func pushNotFound(id string) error {
	return refused(gateway.CodeNotFound, gateway.ReasonPushMissing, "mediaSessionId", id, "no push with this id")
}
