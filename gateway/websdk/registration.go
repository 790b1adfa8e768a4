package websdk

import (
	"context"
	"log/slog"

	"github.com/coder/websocket"

	"callcast/gateway"
)

func replaced() ending {
	return ending{websocket.StatusPolicyViolation, "another socket has taken the session over"}
}

func unregistered() ending {
	return ending{websocket.StatusNormalClosure, "the account is not registered"}
}

// register asks for the registration that a session wants. What the registrar says is told by events; an account that
// cannot be used is refused at once.
func (k *socket) register(ctx context.Context) error {
	p := k.phone
	if !k.server.switchboard.wants(p) {
		return nil
	}
	err := p.flaw
	if err == nil {
		ctx, done := context.WithTimeout(ctx, k.server.limits.request)
		defer done()
		err = k.server.api.Register(ctx, gateway.RegisterSpec{ID: p.registration, Account: p.account})
	}
	if err == nil {
		return nil
	}
	k.server.log.Info("browser's account refused", slog.String("remote", k.remote()), slog.Any("error", err))
	k.server.switchboard.registrationGone(p.registration, err.Error())
	return unregistered()
}

// wants reports whether a phone is to be registered and has not been so far. One that was taken over has been.
func (b *switchboard) wants(p *phone) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	wants := p.registration != "" && !p.asked
	p.asked = true
	return wants
}

// registrationChange takes in what the gateway tells of a registration. One that fails is told once, until it is back:
// the gateway goes on trying.
func (b *switchboard) registrationChange(r gateway.Registration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.byRegistration[r.ID]
	if p == nil || p.status == r.Status {
		return
	}
	p.status, p.words = r.Status, r.Text
	if r.Status != gateway.RegistrationPending {
		b.tellRegistration(p)
	}
}

// registrationGone takes in that there is no such registration.
func (b *switchboard) registrationGone(id, words string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.byRegistration[id]
	if p == nil {
		return
	}
	p.status, p.words = gateway.RegistrationFailed, words
	b.disconnect(p)
}

// disconnect ends a session whose account cannot be registered. It is called under the lock.
func (b *switchboard) disconnect(p *phone) {
	p.keep = false
	for _, c := range p.byID {
		if !c.live { // it waits for the registrar
			b.fail(c, p.words)
		}
	}
	p.tell("fail", registrationFailure(p.words))
	if p.socket != nil {
		p.socket.end(unregistered())
	}
}

// tellRegistration tells a page how its registration stands. One that never was registered is of no use to it, and its
// socket is closed, since that is what pages understand. A page that was registered may have calls, and stays.
// It is called under the lock.
func (b *switchboard) tellRegistration(p *phone) {
	switch {
	case p.status == gateway.RegistrationUp:
		if !p.registered {
			p.registered = true
			close(p.ready)
		} else if p.greeted == p.socket {
			return
		}
		p.greeted = p.socket
		p.tell("registered", struct{}{})
	case p.status == gateway.RegistrationFailed && p.registered:
		p.tell("fail", registrationFailure(p.words))
	case p.status == gateway.RegistrationFailed:
		b.disconnect(p)
	}
}

func registrationFailure(words string) failure {
	return failure{APIMethod: "RegistrationStatusEvent", Status: gateway.MediaFailed, Info: words}
}
