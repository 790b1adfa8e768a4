package bus

import (
	"cmp"
	"slices"
	"sync"

	"callcast/gateway"
)

type key struct {
	kind gateway.EventKind
	id   string
}

type entry struct {
	event gateway.Event
	born  uint64 // creation order
}

// Bus is the published state. The zero value is ready for use.
type Bus struct {
	mu          sync.Mutex // guards what follows
	state       map[key]entry
	births      uint64
	subscribers map[*subscription]struct{}
}

// SetCall publishes the new value of a call.
func (b *Bus) SetCall(c gateway.Call) {
	b.set(gateway.Event{Kind: gateway.EventCall, ID: c.ID, Call: &c})
}

// SetStream publishes the new value of a stream.
func (b *Bus) SetStream(s gateway.Stream) {
	b.set(gateway.Event{Kind: gateway.EventStream, ID: s.Name, Stream: &s})
}

// SetSession publishes the new value of a media session.
func (b *Bus) SetSession(m gateway.MediaSession) {
	b.set(gateway.Event{Kind: gateway.EventSession, ID: m.ID, Session: &m})
}

// SetPush publishes the new value of a push.
func (b *Bus) SetPush(p gateway.Push) {
	b.set(gateway.Event{Kind: gateway.EventPush, ID: p.ID, Push: &p})
}

// SetPull publishes the new value of a pull.
func (b *Bus) SetPull(p gateway.Pull) {
	b.set(gateway.Event{Kind: gateway.EventPull, ID: p.ID, Pull: &p})
}

// SetRegistration publishes the new value of a registration.
func (b *Bus) SetRegistration(r gateway.Registration) {
	b.set(gateway.Event{Kind: gateway.EventRegistration, ID: r.ID, Registration: &r})
}

// SetListener publishes the new value of a listener.
func (b *Bus) SetListener(l gateway.Listener) {
	b.set(gateway.Event{Kind: gateway.EventListener, ID: l.Name, Listener: &l})
}

// Remove publishes that an entity is gone.
func (b *Bus) Remove(kind gateway.EventKind, id string) {
	k := key{kind, id}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.state[k]; !ok {
		return
	}
	delete(b.state, k)
	for s := range b.subscribers {
		s.put(k, gateway.Event{Kind: kind, ID: id, Removed: true})
	}
}

// Snapshot is everything that exists.
func (b *Bus) Snapshot() gateway.Snapshot {
	b.mu.Lock()
	defer b.mu.Unlock()
	var s gateway.Snapshot
	for _, e := range b.sortedLocked() {
		switch {
		case e.event.Call != nil:
			s.Calls = append(s.Calls, *e.event.Call)
		case e.event.Stream != nil:
			s.Streams = append(s.Streams, *e.event.Stream)
		case e.event.Session != nil:
			s.MediaSessions = append(s.MediaSessions, *e.event.Session)
		case e.event.Push != nil:
			s.Pushes = append(s.Pushes, *e.event.Push)
		case e.event.Pull != nil:
			s.Pulls = append(s.Pulls, *e.event.Pull)
		case e.event.Registration != nil:
			s.Registrations = append(s.Registrations, *e.event.Registration)
		case e.event.Listener != nil:
			s.Listeners = append(s.Listeners, *e.event.Listener)
		}
	}
	return s
}

// Subscribe starts a subscription with everything that exists.
func (b *Bus) Subscribe() gateway.Subscription {
	s := newSubscription(b)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, e := range b.sortedLocked() {
		s.put(key{e.event.Kind, e.event.ID}, e.event)
	}
	if b.subscribers == nil {
		b.subscribers = map[*subscription]struct{}{}
	}
	b.subscribers[s] = struct{}{}
	return s
}

func (b *Bus) set(ev gateway.Event) {
	k := key{ev.Kind, ev.ID}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == nil {
		b.state = map[key]entry{}
	}
	e, ok := b.state[k]
	if !ok {
		b.births++
		e.born = b.births
	}
	e.event = ev
	b.state[k] = e
	for s := range b.subscribers {
		s.put(k, ev)
	}
}

func (b *Bus) forget(s *subscription) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.subscribers, s)
}

func (b *Bus) sortedLocked() []entry {
	all := make([]entry, 0, len(b.state))
	for _, e := range b.state {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b entry) int { return cmp.Compare(a.born, b.born) })
	return all
}
