package model

import (
	"slices"

	"callcast/gateway"
)

// keptEnded is how many ended calls are remembered.
const keptEnded = 50

// apply takes one batch of events in and tells the window once.
func (m *Model) apply(events []gateway.Event) {
	var c Change
	for _, e := range events {
		switch e.Kind {
		case gateway.EventCall:
			m.applyCall(e, &c)
		case gateway.EventStream:
			m.streams.note(e.ID, e.Stream, e.Removed, &c.Streams)
		case gateway.EventPush:
			m.pushes.note(e.ID, e.Push, e.Removed, &Rows{})
			c.Pushes = true
		case gateway.EventPull:
			m.pulls.note(e.ID, e.Pull, e.Removed, &Rows{})
			c.Streams.All = true
		case gateway.EventRegistration:
			m.registrations.note(e.ID, e.Registration, e.Removed, &Rows{})
			c.Accounts = true
		case gateway.EventSession: // a viewer stands among the sinks of its stream, a publisher is a stream
		case gateway.EventListener:
			m.listeners.note(e.ID, e.Listener, e.Removed, &Rows{})
			c.Listeners = true
		}
	}
	if c.Streams.All || len(c.Streams.Keys) > 0 {
		m.fetched = m.withPulls()
	}
	c.Rings = m.newlyRinging()
	c.Selection = m.reselect(c)
	m.OnChange(c)
	m.rewatch()
}

// note takes a new value in, or a removal, and says in rows what differs.
func (t *table[V]) note(key string, value *V, removed bool, rows *Rows) {
	switch {
	case removed:
		rows.All = t.remove(key) || rows.All
	case value != nil:
		rows.note(key, t.set(key, *value))
	}
}

// applyCall moves a call that is over from the living to the ended.
func (m *Model) applyCall(e gateway.Event, c *Change) {
	if e.Removed || e.Call == nil || !e.Call.Status.Ended() {
		m.calls.note(e.ID, e.Call, e.Removed, &c.Calls)
		return
	}
	call := *e.Call
	c.Calls.All = m.calls.remove(call.ID) || c.Calls.All
	c.Ended = true
	same := func(e gateway.Call) bool { return e.ID == call.ID && e.Created.Equal(call.Created) }
	if i := slices.IndexFunc(m.ended, same); i >= 0 {
		m.ended[i] = call
		return
	}
	m.ended = slices.Insert(m.ended, 0, call)
	m.ended = m.ended[:min(len(m.ended), keptEnded)]
}

func (r *Rows) note(key string, isNew bool) {
	if isNew {
		r.All = true
		r.New = append(r.New, key)
	}
	r.Keys = append(r.Keys, key)
}
