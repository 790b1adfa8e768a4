package gatewaytest

import (
	"context"
	"sync"
	"time"

	"callcast/gateway"
)

// Fake is a gateway without an engine.
type Fake struct {
	// Each of these replaces the default behaviour of one verb. The request is recorded in any case.
	StartCallFunc       func(ctx context.Context, spec gateway.CallSpec) error
	EndCallFunc         func(ctx context.Context, callID string) error
	SendDTMFFunc        func(ctx context.Context, callID string, dtmf gateway.DTMF) error
	RequestKeyframeFunc func(ctx context.Context, stream string) error
	OpenPreviewFunc     func(ctx context.Context, stream string) (gateway.Preview, error)
	PlayFunc            func(ctx context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error)
	PublishFunc         func(ctx context.Context, spec gateway.PublishSpec) (gateway.MediaAnswer, error)
	// RefuseFunc may refuse any verb on media sessions, streams, pushes, pulls, injections and telephones, by its name.
	RefuseFunc func(verb string) error

	mu            sync.Mutex // guards everything below
	calls         table[gateway.Call]
	streams       table[gateway.Stream]
	listeners     table[gateway.Listener]
	subs          map[*subscription]struct{}
	started       []gateway.CallSpec
	ended         []string
	dtmfs         []SentDTMF
	keyframes     []string
	previews      int
	played        []gateway.PlaySpec
	published     []gateway.PublishSpec
	pushed        []gateway.PushSpec
	tested        []gateway.PushSpec
	pulled        []gateway.PullSpec
	sessions      table[gateway.MediaSession]
	pushes        table[gateway.Push]
	pulls         table[gateway.Pull]
	dialed        []Dialed
	answered      []gateway.AnswerSpec
	offered       map[string]bool // calls whose offer waits for an answer
	transfers     []gateway.TransferSpec
	registrations table[gateway.Registration]
	devices       []gateway.Device
	ladders       map[string]gateway.Ladder
	made          int // ids given
}

var _ gateway.API = (*Fake)(nil)

// SentDTMF is one recorded request to play tones.
type SentDTMF struct {
	CallID string
	DTMF   gateway.DTMF
}

// New returns a gateway in which nothing exists.
func New() *Fake {
	return &Fake{subs: map[*subscription]struct{}{}, ladders: map[string]gateway.Ladder{}, offered: map[string]bool{}}
}

// SetCall adds or replaces a call and tells every subscriber. A zero Created becomes now.
func (f *Fake) SetCall(call gateway.Call) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.setCall(call)
}

func (f *Fake) setCall(call gateway.Call) {
	if call.Created.IsZero() {
		call.Created = time.Now()
	}
	f.calls.set(call.ID, call)
	f.publish(callEvent(call))
}

// RemoveCall makes a call disappear.
func (f *Fake) RemoveCall(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls.remove(id) {
		f.publish(gateway.Event{Kind: gateway.EventCall, ID: id, Removed: true})
	}
}

// SetStream adds or replaces a stream and tells every subscriber. A zero Created becomes now.
func (f *Fake) SetStream(stream gateway.Stream) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if stream.Created.IsZero() {
		stream.Created = time.Now()
	}
	f.streams.set(stream.Name, stream)
	f.publish(streamEvent(stream))
}

// RemoveStream makes a stream disappear.
func (f *Fake) RemoveStream(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.streams.remove(name) {
		f.publish(gateway.Event{Kind: gateway.EventStream, ID: name, Removed: true})
	}
}

// SetListener adds or replaces a listener and tells every subscriber.
func (f *Fake) SetListener(listener gateway.Listener) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.listeners.set(listener.Name, listener)
	f.publish(listenerEvent(listener))
}

// Snapshot implements gateway.API.
func (f *Fake) Snapshot() gateway.Snapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	return gateway.Snapshot{
		Calls:         f.calls.list(),
		Streams:       f.streams.list(),
		MediaSessions: f.sessions.list(),
		Pushes:        f.pushes.list(),
		Pulls:         f.pulls.list(),
		Registrations: f.registrations.list(),
		Listeners:     f.listeners.list(),
	}
}

// Subscribe implements gateway.API.
func (f *Fake) Subscribe() gateway.Subscription {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := newSubscription(f.unsubscribe)
	for _, l := range f.listeners.list() {
		s.put(listenerEvent(l))
	}
	for _, st := range f.streams.list() {
		s.put(streamEvent(st))
	}
	for _, c := range f.calls.list() {
		s.put(callEvent(c))
	}
	for _, m := range f.sessions.list() {
		s.put(sessionEvent(m))
	}
	for _, p := range f.pushes.list() {
		s.put(pushEvent(p))
	}
	for _, p := range f.pulls.list() {
		s.put(pullEvent(p))
	}
	for _, r := range f.registrations.list() {
		s.put(registrationEvent(r))
	}
	f.subs[s] = struct{}{}
	return s
}

func (f *Fake) unsubscribe(s *subscription) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.subs, s)
}

// publish runs under f.mu, so that all subscribers see the changes in one order.
func (f *Fake) publish(e gateway.Event) {
	for s := range f.subs {
		s.put(e)
	}
}

func callEvent(c gateway.Call) gateway.Event {
	return gateway.Event{Kind: gateway.EventCall, ID: c.ID, Call: &c}
}

func streamEvent(s gateway.Stream) gateway.Event {
	return gateway.Event{Kind: gateway.EventStream, ID: s.Name, Stream: &s}
}

func sessionEvent(m gateway.MediaSession) gateway.Event {
	return gateway.Event{Kind: gateway.EventSession, ID: m.ID, Session: &m}
}

func pushEvent(p gateway.Push) gateway.Event {
	return gateway.Event{Kind: gateway.EventPush, ID: p.ID, Push: &p}
}

func pullEvent(p gateway.Pull) gateway.Event {
	return gateway.Event{Kind: gateway.EventPull, ID: p.ID, Pull: &p}
}

func registrationEvent(r gateway.Registration) gateway.Event {
	return gateway.Event{Kind: gateway.EventRegistration, ID: r.ID, Registration: &r}
}

func listenerEvent(l gateway.Listener) gateway.Event {
	return gateway.Event{Kind: gateway.EventListener, ID: l.Name, Listener: &l}
}
