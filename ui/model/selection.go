package model

import (
	"slices"

	"callcast/gateway"
)

// Selection is what the monitor shows: a call with the stream it became, or a stream alone.
type Selection struct {
	Call   *gateway.Call   // also once it ended, until something else is selected
	Stream *gateway.Stream // nil while there is none
	Pull   *gateway.Pull   // what fetches the stream, if anything does
}

// StreamName is the stream of the selection, whether it exists or not.
func (s Selection) StreamName() string {
	switch {
	case s.Stream != nil:
		return s.Stream.Name
	case s.Call != nil:
		return s.Call.Stream
	default:
		return ""
	}
}

// ID tells selections apart.
func (s Selection) ID() string {
	if s.Call != nil {
		return s.Call.ID
	}
	return s.StreamName()
}

// Selected is the current selection.
func (m *Model) Selected() Selection { return m.selected }

// SelectCall selects a call that lives or is among the ended.
func (m *Model) SelectCall(id string) {
	if call, ok := m.anyCall(id); ok {
		m.choose(Selection{Call: &call, Stream: m.stream(call.Stream)})
	}
}

// SelectStream selects a stream, and with it the call it comes from.
func (m *Model) SelectStream(name string) {
	stream := m.stream(name)
	if stream == nil {
		return
	}
	s := Selection{Stream: stream, Pull: m.pullOf(name)}
	if call, ok := m.calls.get(stream.CallID); ok {
		s.Call = &call
	}
	m.choose(s)
}

func (m *Model) choose(s Selection) {
	m.awaited, m.expected = "", ""
	m.selected = s
	m.OnChange(Change{Selection: true})
	m.rewatch()
}

// reselect brings the selection up to date and reports whether it differs. A call that the operator just started is
// selected when it appears; any other new call only if nothing that lives is selected.
func (m *Model) reselect(c Change) bool {
	if call, ok := m.anyCall(m.awaited); ok && m.awaited != "" {
		m.awaited = ""
		m.selected = Selection{Call: &call, Stream: m.stream(call.Stream)}
		return true
	}
	if call, ok := m.firstOf(c.Calls.New); ok && !m.selectionLives() {
		m.selected = Selection{Call: &call, Stream: m.stream(call.Stream)}
		return true
	}
	if stream := m.stream(m.expected); stream != nil {
		m.selected = Selection{Stream: stream, Pull: m.pullOf(m.expected)}
		m.expected = ""
		return true
	}
	name := m.selected.StreamName()
	if !c.touches(m.selected.Call, name) {
		return false
	}
	if m.selected.Call != nil {
		if call, ok := m.anyCall(m.selected.Call.ID); ok {
			m.selected.Call = &call
		}
	}
	m.selected.Stream, m.selected.Pull = m.stream(name), m.pullOf(name)
	return true
}

func (m *Model) selectionLives() bool {
	if m.selected.Call != nil && m.calls.row(m.selected.Call.ID) >= 0 {
		return true
	}
	return m.stream(m.selected.StreamName()) != nil
}

func (c Change) touches(call *gateway.Call, stream string) bool {
	if c.Calls.All || c.Streams.All || c.Ended || c.Pushes {
		return true
	}
	return call != nil && slices.Contains(c.Calls.Keys, call.ID) || slices.Contains(c.Streams.Keys, stream)
}

// firstOf is the first of the new calls that still lives.
func (m *Model) firstOf(ids []string) (gateway.Call, bool) {
	for _, id := range ids {
		if call, ok := m.calls.get(id); ok {
			return call, true
		}
	}
	return gateway.Call{}, false
}

func (m *Model) anyCall(id string) (gateway.Call, bool) {
	if call, ok := m.calls.get(id); ok {
		return call, true
	}
	if i := slices.IndexFunc(m.ended, func(e gateway.Call) bool { return e.ID == id }); i >= 0 {
		return m.ended[i], true
	}
	return gateway.Call{}, false
}

func (m *Model) stream(name string) *gateway.Stream {
	if row := m.StreamRow(name); row >= 0 && name != "" {
		s := m.fetched[row]
		return &s
	}
	return nil
}
