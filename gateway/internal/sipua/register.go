package sipua

import (
	"cmp"
	"context"
	"math/rand/v2"
	"time"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// Limits of the time between two REGISTERs, whatever a registrar says.
const (
	minExpiry     = 2 * time.Second
	maxExpiry     = 24 * time.Hour
	defaultExpiry = 10 * time.Minute
	maxRetryAfter = time.Hour
)

// registration keeps one account registered, for calls that need it or for keepers.
type registration struct {
	agent *Agent
	acc   gateway.Account
	ask   chan chan error // callers of Register
	wake  chan struct{}   // holds one item when somebody new keeps it
	left  chan struct{}   // closed when the last keeper has left
	done  chan struct{}

	missed chan struct{} // holds one item when the connection to the registrar is lost
	moves  chan struct{} // holds one item when our address is another
	news   *news

	// The agent's lock guards these.
	via     via             // the way to the registrar
	owner   gateway.Account // whose calls come in: of who keeps it, if somebody does
	keepers int
	leaving bool

	// These belong to the goroutine of run.
	binding
	up      bool
	tried   bool
	since   time.Time // when the registrar last agreed
	due     time.Time // by the clock on the wall: it goes on while the machine sleeps, which timers do not
	barred  time.Time // until then the registrar does not want to be asked
	failure error     // the last
	pause   time.Duration
}

// KeepRegistered keeps an account registered until ctx ends, whatever its registrar says, and then takes the binding back
// unless somebody else keeps it. told is called in this goroutine with how the account stands, each time that changes.
func (a *Agent) KeepRegistered(ctx context.Context, acc gateway.Account, told func(Standing)) {
	r, err := a.join(ctx, acc, true)
	if err != nil {
		return
	}
	r.news.follow(ctx, r.done, told)
	if ctx.Err() == nil {
		told(Standing{Text: "the registration has ended"}) // the agent was closed, or it is a fault of ours
	}
	a.leave(r)
}

// Register makes sure that the account is registered. The first call sends the REGISTER and waits for the answer;
// from then on the registration is kept up until Close, or until the last who keeps it has left. If the first attempt
// fails nothing is kept.
func (a *Agent) Register(ctx context.Context, acc gateway.Account) error {
	for {
		r, err := a.join(ctx, acc, false)
		if err != nil {
			return &RegisterError{Err: err}
		}
		answer := make(chan error, 1)
		select {
		case r.ask <- answer:
		case <-r.done:
			continue // it failed or was closed meanwhile
		case <-ctx.Done():
			return &RegisterError{Err: ctx.Err()}
		}
		select {
		case err := <-answer:
			return err
		case <-ctx.Done():
			return &RegisterError{Err: ctx.Err()}
		}
	}
}

// bindingOf is what accounts that share a registration have in common.
func bindingOf(acc gateway.Account) gateway.Account {
	acc.Register, acc.Codecs, acc.SRTP = true, "", ""
	acc.AuthName, acc.Transport = cmp.Or(acc.AuthName, acc.Login), cmp.Or(acc.Transport, gateway.TransportUDP)
	return acc
}

// SameRegistration reports whether accounts share a registration.
func SameRegistration(a, b gateway.Account) bool { return bindingOf(a) == bindingOf(b) }

// join finds the account's registration, or begins one. One that is being taken back is waited for.
func (a *Agent) join(ctx context.Context, acc gateway.Account, keep bool) (*registration, error) {
	for {
		r, err := a.registration(acc, keep)
		if err != nil || r != nil {
			return r, err
		}
		select {
		case <-a.leaver(acc):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// leaver is closed when the account's registration that is being taken back is gone.
func (a *Agent) leaver(acc gateway.Account) <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if r := a.registrations[bindingOf(acc)]; r != nil && r.leaving {
		return r.done
	}
	gone := make(chan struct{})
	close(gone)
	return gone
}

// registration is nil while the one before is being taken back.
func (a *Agent) registration(acc gateway.Account, keep bool) (*registration, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errClosed
	}
	r := a.registrations[bindingOf(acc)]
	switch {
	case r == nil:
		r = a.newRegistration(acc)
		a.registrations[bindingOf(acc)] = r
		a.tasks.Go(r.run)
	case r.leaving:
		return nil, nil
	}
	if keep {
		r.keepers++
		r.owner = acc
		r.nudge(r.wake)
	}
	return r, nil
}

func (a *Agent) newRegistration(acc gateway.Account) *registration {
	r := &registration{
		agent:   a,
		acc:     acc,
		owner:   acc,
		ask:     make(chan chan error),
		wake:    make(chan struct{}, 1),
		left:    make(chan struct{}),
		missed:  make(chan struct{}, 1),
		moves:   make(chan struct{}, 1),
		done:    make(chan struct{}),
		news:    newNews(),
		binding: binding{creds: newCredentials(acc), expiry: a.params.RegisterExpiry},
		pause:   a.timing.retryMin,
	}
	if r.expiry <= 0 {
		r.expiry = defaultExpiry
	}
	return r
}

func (*registration) nudge(who chan<- struct{}) {
	select {
	case who <- struct{}{}:
	default:
	}
}

// leave lets go of a registration. The last one waits until it is taken back.
func (a *Agent) leave(r *registration) {
	a.mu.Lock()
	r.keepers--
	last := r.keepers == 0
	if last {
		r.leaving = true
		close(r.left)
	}
	a.mu.Unlock()
	if last {
		<-r.done
	}
}

// abandon ends a registration that nobody keeps. It reports whether it was so.
func (r *registration) abandon() bool {
	r.agent.mu.Lock()
	defer r.agent.mu.Unlock()
	if r.keepers == 0 {
		r.leaving = true
	}
	return r.leaving
}

func (r *registration) run() {
	defer close(r.done)
	defer r.forget()
	defer r.agent.contain("sip registration")
	ctx, stop := until(r.agent.life, r.left)
	defer stop()
	defer r.unregister()
	refresh := time.NewTimer(0)
	refresh.Stop()
	defer refresh.Stop()
	beat := time.NewTicker(r.agent.timing.beat)
	defer beat.Stop()
	for {
		var waiting []chan error
		select {
		case <-ctx.Done():
			return
		case answer := <-r.ask:
			if r.up || time.Now().Before(r.barred) {
				answer <- r.failure
				continue
			}
			waiting = append(waiting, answer)
		case <-r.wake:
			if r.tried {
				continue
			}
		case <-refresh.C:
		case <-r.moves:
			if !r.up {
				continue
			}
		case <-r.missed:
			if !r.up {
				continue // it will be tried anyway
			}
			if soon := r.lost(); soon > 0 {
				refresh.Reset(soon)
				continue
			}
		case <-beat.C:
			if !r.beat() {
				continue
			}
		}
		next, err := r.attempt(ctx)
		r.tell(waiting, err)
		if ctx.Err() != nil || err != nil && !r.bound && r.abandon() {
			return
		}
		r.due = time.Now().Add(next).Round(0)
		refresh.Reset(next)
	}
}

// attempt registers and returns when to do so again.
func (r *registration) attempt(ctx context.Context) (next time.Duration, err error) {
	select {
	case <-r.missed: // on another connection now
	default:
	}
	r.tried = true
	granted, res, err := r.register(ctx)
	r.up, r.failure, r.barred = err == nil, err, time.Time{}
	r.bound = r.bound || r.up || ctx.Err() != nil
	if err == nil {
		r.since, r.pause = time.Now(), r.agent.timing.retryMin
		r.news.post(Standing{Up: true, Status: res.StatusCode, Text: res.Reason, Expires: time.Now().Add(granted)})
		return max(beforeExpiry(granted), r.agent.timing.refreshMin), nil
	}
	if ctx.Err() != nil {
		return 0, err
	}
	next = r.backOff()
	if asked := retryAfter(res); asked > 0 {
		next = max(next, asked)
		r.barred = time.Now().Add(asked)
	}
	r.agent.log.Warn("not registered", "account", r.acc.Login, "domain", r.acc.Domain, "error", err, "retry", next)
	r.news.post(standingOf(err))
	return next, err
}

// backOff is how long to wait after one more failure: ever longer, and not as long as others do.
func (r *registration) backOff() time.Duration {
	pause := r.pause
	r.pause = min(2*pause, r.agent.timing.retryMax)
	return pause + rand.N(pause/jitter)
}

// jitter is the part of a pause that chance may add to it.
const jitter = 4

// retryAfter is how long a registrar wants to be left alone (RFC 3261 section 20.33).
func retryAfter(res *sip.Response) time.Duration {
	if res == nil {
		return 0
	}
	h := res.GetHeader("Retry-After")
	if h == nil {
		return 0
	}
	text := h.Value()
	if i := len(text) - len(trimNumber(text)); i > 0 {
		if d, err := parseSeconds(text[:i]); err == nil {
			return min(d, maxRetryAfter)
		}
	}
	return 0
}

// trimNumber cuts a number off the beginning of a text.
func trimNumber(text string) string {
	for text != "" && text[0] >= '0' && text[0] <= '9' {
		text = text[1:]
	}
	return text
}

// lost takes in that the connection to the registrar is gone. It returns how long to wait before the next one: not at all,
// unless this one did not last.
func (r *registration) lost() time.Duration {
	r.up = false
	r.news.post(Standing{Text: "the connection to the registrar is lost"})
	if time.Since(r.since) < r.agent.timing.retryMin {
		return r.backOff()
	}
	return 0
}

// beat keeps what is on the way from forgetting us. It reports whether the machine has slept past the time to register.
func (r *registration) beat() bool {
	r.agent.mu.Lock()
	to := r.via
	r.agent.mu.Unlock()
	if r.up && to.transport == "UDP" {
		r.agent.ping(to.remote)
	}
	return r.tried && time.Now().Round(0).After(r.due)
}

// tell gives the outcome to those who asked, also to those who asked while it came about.
func (r *registration) tell(waiting []chan error, err error) {
	for more := true; more; {
		select {
		case answer := <-r.ask:
			waiting = append(waiting, answer)
		default:
			more = false
		}
	}
	for _, answer := range waiting {
		answer <- err
	}
}

func (r *registration) forget() {
	r.agent.mu.Lock()
	defer r.agent.mu.Unlock()
	delete(r.agent.registrations, bindingOf(r.acc))
}

// beforeExpiry is when to refresh: well ahead, so that a lost packet does not unregister us.
func beforeExpiry(granted time.Duration) time.Duration {
	return granted - min(granted/2, 30*time.Second)
}
