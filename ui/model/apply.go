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
		switch {
		case e.Kind == gateway.EventCall && e.Removed:
			c.Calls.All = m.calls.remove(e.ID) || c.Calls.All
		case e.Kind == gateway.EventCall && e.Call != nil:
			m.applyCall(*e.Call, &c)
		case e.Kind == gateway.EventStream && e.Removed:
			c.Streams.All = m.streams.remove(e.ID) || c.Streams.All
		case e.Kind == gateway.EventStream && e.Stream != nil:
			c.Streams.note(e.ID, m.streams.set(e.ID, *e.Stream))
		case e.Kind == gateway.EventListener && e.Removed:
			c.Listeners = m.listeners.remove(e.ID) || c.Listeners
		case e.Kind == gateway.EventListener && e.Listener != nil:
			m.listeners.set(e.ID, *e.Listener)
			c.Listeners = true
		}
	}
	c.Selection = m.reselect(c)
	m.OnChange(c)
	m.rewatch()
}

// applyCall moves a call that is over from the living to the ended.
func (m *Model) applyCall(call gateway.Call, c *Change) {
	if !call.Status.Ended() {
		c.Calls.note(call.ID, m.calls.set(call.ID, call))
		return
	}
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
