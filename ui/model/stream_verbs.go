package model

import (
	"context"

	"callcast/gateway"
)

// StopStream takes a stream's source away. What a pull fetches is not fetched any more.
func (m *Model) StopStream(name string, done Done) {
	if pull := m.pullOf(name); pull != nil {
		m.run(func(ctx context.Context) error { return m.api.EndPull(ctx, pull.ID) }, done)
		return
	}
	m.run(func(ctx context.Context) error { return m.api.EndStream(ctx, name) }, done)
}

// StartPush sends a stream to one more RTMP server.
func (m *Model) StartPush(spec gateway.PushSpec, done Done) {
	m.run(func(ctx context.Context) error {
		_, err := m.api.StartPush(ctx, spec)
		return err
	}, done)
}

// TestPush tries an RTMP server; tell is given what it said, or why it is none that can be pushed to.
func (m *Model) TestPush(spec gateway.PushSpec, tell func(gateway.PushTest, *gateway.Error)) {
	m.async(func(ctx context.Context) func() {
		test, err := m.api.TestPush(ctx, spec)
		return func() { tell(test, asError(err)) }
	})
}

// EndPush stops a push.
func (m *Model) EndPush(id string, done Done) {
	m.run(func(ctx context.Context) error { return m.api.EndPush(ctx, id) }, done)
}

// MutePush puts silence in place of the sound of a push, or takes it away.
func (m *Model) MutePush(id string, muted bool, done Done) {
	m.run(func(ctx context.Context) error { return m.api.MutePush(ctx, id, muted) }, done)
}

// Inject sends a stream to the remote party of a call.
func (m *Model) Inject(callID, stream string, done Done) {
	m.run(func(ctx context.Context) error { return m.api.InjectStream(ctx, callID, stream) }, done)
}

// EndInjection stops the stream that is injected into a call.
func (m *Model) EndInjection(callID string, done Done) {
	m.run(func(ctx context.Context) error { return m.api.EndInjection(ctx, callID) }, done)
}

// StartPull fetches a stream from another RTMP server and selects it when it appears.
func (m *Model) StartPull(spec gateway.PullSpec, done Done) {
	m.async(func(ctx context.Context) func() {
		pull, err := m.api.StartPull(ctx, spec)
		return func() {
			if err == nil {
				m.expected = pull.Stream
				m.SelectStream(pull.Stream) // if news of it came first
			}
			done(asError(err))
		}
	})
}
