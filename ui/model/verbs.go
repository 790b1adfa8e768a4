package model

import (
	"context"
	"errors"

	"callcast/gateway"
)

// Done is told on the main goroutine how a verb went; nil is well.
type Done func(*gateway.Error)

// StartCall starts a call and selects it when it appears.
func (m *Model) StartCall(spec gateway.CallSpec, done Done) {
	m.awaited = spec.ID
	m.run(func(ctx context.Context) error { return m.api.StartCall(ctx, spec) }, func(err *gateway.Error) {
		if err != nil && m.awaited == spec.ID {
			m.awaited = ""
		}
		done(err)
	})
}

// HangUp ends a call.
func (m *Model) HangUp(callID string, done Done) {
	m.run(func(ctx context.Context) error { return m.api.EndCall(ctx, callID) }, done)
}

// SendDTMF plays tones into a call.
func (m *Model) SendDTMF(callID string, dtmf gateway.DTMF, done Done) {
	m.run(func(ctx context.Context) error { return m.api.SendDTMF(ctx, callID, dtmf) }, done)
}

// RequestKeyframe asks a stream for a whole picture.
func (m *Model) RequestKeyframe(stream string, done Done) {
	m.run(func(ctx context.Context) error { return m.api.RequestKeyframe(ctx, stream) }, done)
}

func (m *Model) run(verb func(context.Context) error, done Done) {
	m.async(func(ctx context.Context) func() {
		err := asError(verb(ctx))
		return func() { done(err) }
	})
}

// LoadSecret fetches a secret; use is not called if there is none.
func (m *Model) LoadSecret(name string, use func(gateway.Secret)) {
	m.FindSecret(name, func(s gateway.Secret) {
		if s != "" {
			use(s)
		}
	})
}

// FindSecret fetches a secret, which is empty if there is none.
func (m *Model) FindSecret(name string, use func(gateway.Secret)) {
	m.async(func(context.Context) func() {
		secret, err := m.secrets.Get(name)
		if err != nil {
			m.log.Warn("a secret could not be read", "name", name, "err", err)
		}
		return func() { use(secret) }
	})
}

// SaveSecret keeps a secret for the next run.
func (m *Model) SaveSecret(name string, s gateway.Secret) {
	m.async(func(context.Context) func() {
		if err := m.secrets.Set(name, s); err != nil {
			m.log.Warn("a secret could not be kept", "name", name, "err", err)
		}
		return func() {}
	})
}

// Do does something that may take time and of which nothing is told.
func (m *Model) Do(work func()) {
	m.async(func(context.Context) func() {
		work()
		return func() {}
	})
}

// async runs work away from the main goroutine and what it returns on it.
func (m *Model) async(work func(context.Context) func()) {
	if m.closed {
		return
	}
	m.wg.Go(func() { m.deliver(m.root, work(m.root)) })
}

func asError(err error) *gateway.Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*gateway.Error](err); ok {
		return e
	}
	return &gateway.Error{Code: gateway.CodeInternal, Reason: gateway.ReasonInternal, Message: err.Error(), Err: err}
}
