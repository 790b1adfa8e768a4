package model

import (
	"slices"

	"callcast/gateway"
)

// withPulls are all streams, and after them those that pulls have asked for and not got yet.
func (m *Model) withPulls() []gateway.Stream {
	all := slices.Clone(m.streams.rows)
	for _, p := range m.pulls.rows {
		if m.streams.row(p.Stream) < 0 {
			all = append(all, gateway.Stream{Name: p.Stream, Source: gateway.SourcePull, Origin: p.Shown, Created: p.Created})
		}
	}
	return all
}

// pullOf is what fetches a stream, nil if nothing does.
func (m *Model) pullOf(stream string) *gateway.Pull {
	i := slices.IndexFunc(m.pulls.rows, func(p gateway.Pull) bool { return p.Stream == stream })
	if i < 0 {
		return nil
	}
	p := m.pulls.rows[i]
	return &p
}

// StreamLamp is the lamp of one of Streams.
func (m *Model) StreamLamp(s gateway.Stream) Lamp { return StreamLamp(s, m.pullOf(s.Name)) }

// PushesOf are the pushes of a stream, oldest first, without the one its call was started with.
func (m *Model) PushesOf(stream string) []gateway.Push {
	var pushes []gateway.Push
	for _, p := range m.pushes.rows {
		if p.Stream == stream {
			pushes = append(pushes, p)
		}
	}
	return pushes
}

// CallOf is the call that a stream comes from.
func (m *Model) CallOf(s gateway.Stream) (gateway.Call, bool) {
	if s.CallID == "" {
		return gateway.Call{}, false
	}
	return m.calls.get(s.CallID)
}

// PushStates are the states of everything that carries a stream to an RTMP server, its call's own push too.
func (m *Model) PushStates(s gateway.Stream) []gateway.RTMPStatus {
	var states []gateway.RTMPStatus
	if c, ok := m.CallOf(s); ok && c.RTMPStatus != "" {
		states = append(states, c.RTMPStatus)
	}
	for _, p := range m.PushesOf(s.Name) {
		states = append(states, p.Status)
	}
	return states
}

// InjectedInto are the calls whose remote party is sent a stream.
func (m *Model) InjectedInto(stream string) []gateway.Call {
	return m.callsWith(func(c gateway.Call) bool { return c.Injected == stream })
}

// OpenTo are the established calls that a stream can be injected into: all but the one it comes from.
func (m *Model) OpenTo(stream string) []gateway.Call {
	return m.callsWith(func(c gateway.Call) bool {
		return c.Status == gateway.CallEstablished && c.Stream != stream
	})
}

func (m *Model) callsWith(is func(gateway.Call) bool) []gateway.Call {
	var calls []gateway.Call
	for _, c := range m.calls.rows {
		if is(c) {
			calls = append(calls, c)
		}
	}
	return calls
}
