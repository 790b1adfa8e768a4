package model

import (
	"context"
	"strings"

	"callcast/gateway"
)

// Ringing are the calls that wait for the operator, oldest first. Those that came by the registration of a browser or
// of a REST client ring there, and those without a registration are taken by a rule.
func (m *Model) Ringing() []gateway.Call {
	return m.callsWith(func(c gateway.Call) bool {
		return c.Incoming && c.Status == gateway.CallRing && !c.Browser && m.ringsHere(c.Registration)
	})
}

func (m *Model) ringsHere(registration string) bool {
	if strings.HasPrefix(registration, ownPrefix) {
		return true
	}
	r, ok := m.registrations.get(registration)
	if !ok {
		return false
	}
	for _, a := range m.configured {
		if a.Login == r.Account.Login && a.Domain == r.Account.Domain {
			return true
		}
	}
	return false
}

// CalledAccount names the account that a call came in for, as login@domain.
func (m *Model) CalledAccount(c gateway.Call) string {
	if r, ok := m.registrations.get(c.Registration); ok {
		return r.Account.Login + "@" + r.Account.Domain
	}
	return c.Callee
}

// Answer takes a call that rings and selects it.
func (m *Model) Answer(spec gateway.AnswerSpec, done Done) {
	m.SelectCall(spec.CallID)
	m.run(func(ctx context.Context) error { return m.api.AnswerCall(ctx, spec) }, done)
}

// newlyRinging are the calls that ring and did not before.
func (m *Model) newlyRinging() []gateway.Call {
	var fresh []gateway.Call
	rings := map[string]bool{}
	for _, c := range m.Ringing() {
		rings[c.ID] = true
		if !m.rang[c.ID] {
			fresh = append(fresh, c)
		}
	}
	m.rang = rings
	return fresh
}
