package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/sipua"
)

const (
	// lookEvery is how often a registration that is up is looked at.
	lookEvery = 5 * time.Second

	retryFirst = 5 * time.Second // after a failure; then ever later
	retryLast  = 5 * time.Minute
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

// Unregister ends a registration. Calls for it are not taken any more.
func (e *Engine) Unregister(_ context.Context, id string) error {
	r := e.registrations.take(id)
	if r == nil {
		return &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonRegistrationMissing, Field: "registrationId", Value: id,
			Message: fmt.Sprintf("registrationId %q: there is no such registration; it may have ended.", id),
		}
	}
	r.stop()
	<-r.down
	return nil
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

// keep registers the account, looks whether it still is, and tells of each change.
func (v *registrations) keep(ctx context.Context, id string, r *registration) {
	told := r.snapshot(id)
	pause := retryFirst
	for {
		now, wait := r.snapshot(id), lookEvery
		err := v.engine.agent.Register(ctx, r.account)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			now.Status, now.SIPStatus, now.Text = gateway.RegistrationUp, 200, "OK"
			pause = retryFirst
		} else {
			now.Status, now.Text = gateway.RegistrationFailed, err.Error()
			if refused, ok := errors.AsType[*sipua.RegisterError](err); ok {
				now.SIPStatus = refused.Status
			}
			wait, pause = pause, min(2*pause, retryLast)
		}
		if now != told {
			told = now
			v.engine.log.Info("registration", "id", id, "status", now.Status, "text", now.Text)
			v.engine.bus.SetRegistration(now)
		}
		if !rest(ctx, wait) {
			return
		}
	}
}

// rest waits, unless ctx ends.
func rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
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
		if r.account == account && (id == "" || r.created.Before(since)) {
			id, since = known, r.created
		}
	}
	return id
}

// close lets go of all. The user agent takes back what it has registered when it is closed. It returns when nothing is told
// of them any more or ctx ends, with those that were left.
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
