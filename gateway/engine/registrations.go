package engine

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/sipua"
)

// registrations is the registry of accounts that are kept registered.
type registrations struct {
	engine *Engine

	mu      sync.Mutex // guards what follows
	stopped bool
	byID    map[string]*registration
	running sync.WaitGroup
}

// registration is one of them. Several may be of one account.
type registration struct {
	account gateway.Account
	created time.Time
	stop    context.CancelFunc
	down    chan struct{} // closed when nothing is told of it any more
}

func newRegistrations(e *Engine) *registrations {
	return &registrations{engine: e, byID: map[string]*registration{}}
}

// Register keeps an account registered.
func (e *Engine) Register(ctx context.Context, spec gateway.RegisterSpec) error {
	if err := checkName("registrationId", spec.ID); err != nil {
		return err
	}
	if errs := spec.Account.Validate(); len(errs) > 0 {
		return errs[0]
	}
	if err := e.trusts(spec.Account); err != nil {
		return err
	}
	if err := resolve(ctx, gateway.CallSpec{Account: spec.Account}); err != nil {
		return err
	}
	return e.registrations.add(spec)
}

// registerConfigured keeps the accounts of the configuration registered. Their hosts need not be known yet.
func (e *Engine) registerConfigured() error {
	for _, spec := range e.config.SIP.Accounts {
		spec.ID = cmp.Or(spec.ID, spec.Account.DefaultID())
		if err := e.registrations.add(spec); err != nil {
			return err
		}
	}
	return nil
}

// Unregister ends a registration: calls for it are not taken any more. It returns when the registrar has been told, unless
// another registration is of the same account, or when ctx ends: then it goes on by itself.
func (e *Engine) Unregister(ctx context.Context, id string) error {
	r := e.registrations.take(id)
	if r == nil {
		return &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonRegistrationMissing, Field: "registrationId", Value: id,
			Message: fmt.Sprintf("registrationId %q: there is no such registration; it may have ended.", id),
		}
	}
	r.stop()
	select {
	case <-r.down:
		return nil
	case <-ctx.Done():
		return asContract(context.Cause(ctx))
	}
}

func (v *registrations) add(spec gateway.RegisterSpec) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.stopped {
		return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping, Message: "The gateway is stopping."}
	}
	if v.byID[spec.ID] != nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonRegistrationExists, Field: "registrationId", Value: spec.ID,
			Message: fmt.Sprintf("registrationId %q: a registration with this id exists; choose another id or end that one.", spec.ID),
		}
	}
	spec.Account.Register = true
	life, stop := context.WithCancel(v.engine.life)
	r := &registration{account: spec.Account, created: time.Now(), stop: stop, down: make(chan struct{})}
	v.byID[spec.ID] = r
	v.engine.bus.SetRegistration(r.snapshot(spec.ID))
	v.running.Go(func() {
		defer v.ended(spec.ID, r)
		contain(v.engine.log, "registration", func() { v.keep(life, spec.ID, r) })
	})
	return nil
}

// ended frees the id. Whoever is told that a registration is gone may use its id.
func (v *registrations) ended(id string, r *registration) {
	r.stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.byID[id] == r {
		delete(v.byID, id)
	}
	v.engine.bus.Remove(gateway.EventRegistration, id)
	close(r.down)
}

// take finds a registration.
func (v *registrations) take(id string) *registration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.byID[id]
}

// keep keeps the account registered and tells of each change. When it returns, the registrar has been told so.
func (v *registrations) keep(ctx context.Context, id string, r *registration) {
	told := r.snapshot(id)
	v.engine.agent.KeepRegistered(ctx, r.account, func(s sipua.Standing) {
		now := r.snapshot(id)
		now.Status, now.SIPStatus, now.Text, now.Expires = gateway.RegistrationFailed, s.Status, s.Text, s.Expires
		now.Reason = s.Cause
		if s.Up {
			now.Status = gateway.RegistrationUp
		}
		if now.Status != told.Status || now.Text != told.Text {
			v.engine.log.Info("registration", "id", id, "status", now.Status, "text", now.Text)
		}
		told = now
		v.engine.bus.SetRegistration(now)
	})
	<-ctx.Done()
}

func (r *registration) snapshot(id string) gateway.Registration {
	return gateway.Registration{ID: id, Account: r.account, Status: gateway.RegistrationPending, Created: r.created}
}

// of is the oldest registration of an account; empty if there is none.
func (v *registrations) of(account gateway.Account) (id string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	var since time.Time
	for known, r := range v.byID {
		if r.shares(account) && (id == "" || r.created.Before(since)) {
			id, since = known, r.created
		}
	}
	return id
}

// shares reports whether the registrar knows this and an account as one.
func (r *registration) shares(account gateway.Account) bool {
	return sipua.SameRegistration(r.account, account)
}

// close waits until every binding has been taken back or ctx ends, and names those that were left.
func (v *registrations) close(ctx context.Context) error {
	v.mu.Lock()
	v.stopped = true
	v.mu.Unlock()
	return joined(ctx, "registration", &v.running, func() []string {
		v.mu.Lock()
		defer v.mu.Unlock()
		return slices.Collect(maps.Keys(v.byID))
	})
}
