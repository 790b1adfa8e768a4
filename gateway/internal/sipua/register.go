package sipua

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// RegisterError is a registration that did not come about. Status is 0 if there was no answer.
type RegisterError struct {
	Status int
	Reason string
	Err    error
}

func (e *RegisterError) Error() string {
	switch {
	case e.Status == 0:
		return fmt.Sprintf("register: %v", e.Err)
	case e.Err == nil:
		return fmt.Sprintf("register: %d %s", e.Status, e.Reason)
	default:
		return fmt.Sprintf("register: %d %s: %v", e.Status, e.Reason, e.Err)
	}
}

func (e *RegisterError) Unwrap() error { return e.Err }

// Limits of the time between two REGISTERs, whatever a registrar says.
const (
	minExpiry     = 2 * time.Second
	maxExpiry     = 24 * time.Hour
	defaultExpiry = 10 * time.Minute
)

// registration keeps one account registered.
type registration struct {
	agent *Agent
	acc   gateway.Account
	ask   chan chan error // callers of Register
	done  chan struct{}

	missed chan struct{} // holds one item when the connection to the registrar is lost
	via    via           // that connection; guarded by the agent

	// These belong to the goroutine of run.
	id      identity
	contact *sip.ContactHeader
	last    netip.AddrPort // the server that answered
	creds   *credentials
	cseq    uint32
	expiry  time.Duration
	up      bool // the last REGISTER succeeded
	bound   bool // one did, so there is something to take back
}

// Register makes sure that the account is registered. The first call sends the REGISTER and waits for the answer;
// from then on the registration is kept up until Close. If the first attempt fails nothing is kept.
func (a *Agent) Register(ctx context.Context, acc gateway.Account) error {
	for {
		r, err := a.registration(acc)
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

func (a *Agent) registration(acc gateway.Account) (*registration, error) {
	acc.Register = true // not part of the identity
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.closed {
		return nil, errClosed
	}
	if r := a.registrations[acc]; r != nil {
		return r, nil
	}
	r := &registration{
		agent:  a,
		acc:    acc,
		ask:    make(chan chan error),
		missed: make(chan struct{}, 1),
		done:   make(chan struct{}),
		creds:  newCredentials(acc),
		expiry: a.params.RegisterExpiry,
	}
	if r.expiry <= 0 {
		r.expiry = defaultExpiry
	}
	a.registrations[acc] = r
	a.tasks.Go(r.run)
	return r, nil
}

func (r *registration) run() {
	defer close(r.done)
	defer r.forget()
	defer r.agent.contain("sip registration")
	pause := r.agent.timing.retryMin
	refresh := time.NewTimer(0)
	refresh.Stop()
	defer refresh.Stop()
	for {
		var waiting []chan error
		select {
		case answer := <-r.ask:
			if r.up {
				answer <- nil
				continue
			}
			waiting = append(waiting, answer)
		case <-refresh.C:
		case <-r.missed:
		case <-r.agent.life.Done():
			r.unregister()
			return
		}
		first := r.cseq == 0
		granted, err := r.register()
		r.tell(waiting, err)
		if err != nil && first {
			return
		}
		r.up = err == nil
		r.bound = r.bound || r.up
		next := beforeExpiry(granted)
		if err != nil {
			r.agent.log.Warn("registration lost", "account", r.acc.Login, "domain", r.acc.Domain, "error", err, "retry", pause)
			next, pause = pause, min(2*pause, r.agent.timing.retryMax)
		} else {
			pause = r.agent.timing.retryMin
		}
		refresh.Reset(next)
	}
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
	delete(r.agent.registrations, r.acc)
}

// beforeExpiry is when to refresh: well ahead, so that a lost packet does not unregister us.
func beforeExpiry(granted time.Duration) time.Duration {
	return granted - min(granted/2, 30*time.Second)
}

// register sends a REGISTER, once more if the registrar finds the expiry too brief, and returns the time granted.
func (r *registration) register() (time.Duration, error) {
	ctx := r.agent.life
	res, err := r.send(ctx, r.expiry)
	if err == nil && res.StatusCode == sip.StatusIntervalToBrief {
		if least := seconds(res.GetHeader("Min-Expires")); least > r.expiry && least <= maxExpiry {
			r.expiry = least
			res, err = r.send(ctx, r.expiry)
		}
	}
	if err != nil || !res.IsSuccess() {
		return 0, registerError(res, err)
	}
	return min(max(r.granted(res), minExpiry), maxExpiry), nil
}

func registerError(res *sip.Response, err error) error {
	if res == nil {
		return &RegisterError{Err: err}
	}
	return &RegisterError{Status: res.StatusCode, Reason: res.Reason, Err: err}
}

// unregister takes the binding back. The registrar has little time to answer: it would expire anyway.
func (r *registration) unregister() {
	if !r.bound {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.agent.timing.unregister)
	defer cancel()
	if res, err := r.send(ctx, 0); err != nil || !res.IsSuccess() {
		r.agent.log.Warn("not unregistered", "account", r.acc.Login, "domain", r.acc.Domain, "error", registerError(res, err))
	}
}

// send does one REGISTER (RFC 3261 section 10.2), at one of the domain's servers after the other if there are several. The
// last one that answered comes first.
func (r *registration) send(ctx context.Context, expiry time.Duration) (*sip.Response, error) {
	target, err := registrarURI(r.acc)
	if err != nil {
		return nil, err
	}
	if r.id.from == nil {
		if r.id, err = newIdentity(newTag(), newTag(), r.acc, "", target); err != nil {
			return nil, err
		}
		r.id.to = &sip.ToHeader{Address: r.id.from.Address}
	}
	h, err := firstHop(r.acc, target)
	if err != nil {
		return nil, err
	}
	dial, cancel := context.WithTimeout(ctx, r.agent.timing.dial)
	remotes, err := r.agent.addresses(dial, h)
	cancel()
	if err != nil {
		return nil, err
	}
	if i := slices.Index(remotes, r.last); i > 0 {
		remotes = slices.Insert(slices.Delete(remotes, i, i+1), 0, r.last)
	}
	var res *sip.Response
	for _, h.remote = range remotes {
		if res, err = r.sendTo(ctx, target, h, expiry); !elsewhere(res, err) || ctx.Err() != nil {
			r.last = h.remote
			break
		}
	}
	return res, err
}

// sendTo does one REGISTER at one server.
func (r *registration) sendTo(ctx context.Context, target sip.Uri, h hop, expiry time.Duration) (*sip.Response, error) {
	r.agent.mu.Lock()
	r.via = via{h.transport, h.remote}
	r.agent.mu.Unlock()
	return r.agent.exchange(ctx, r.creds, func(ctx context.Context) (*sip.Request, error) {
		dial, cancel := context.WithTimeout(ctx, r.agent.timing.dial)
		defer cancel()
		p, err := r.agent.path(dial, h)
		if err != nil {
			return nil, err
		}
		r.cseq++
		r.contact = p.contact(r.acc.Login)
		req := r.agent.request(sip.REGISTER, target, r.id, r.cseq)
		if h.route != nil {
			req.AppendHeader(&sip.RouteHeader{Address: *h.route})
		}
		req.AppendHeader(r.contact.Clone())
		req.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(expiry.Seconds()))))
		req.AppendHeader(sip.NewHeader("Allow", allowedMethods))
		setBody(req, "", nil)
		p.stamp(req, r.agent.Addr())
		return req, nil
	})
}

// granted is the expiry the registrar gave to our contact, else to all, else what we asked for. The response lists
// the contacts of other devices too.
func (r *registration) granted(res *sip.Response) time.Duration {
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok || c.Address.User != r.contact.Address.User || c.Address.Port != r.contact.Address.Port {
			continue
		}
		if t, err := parseSeconds(c.Params.GetOr("expires", "")); err == nil {
			return t
		}
	}
	if t := seconds(res.GetHeader("Expires")); t > 0 {
		return t
	}
	return r.expiry
}

func seconds(h sip.Header) time.Duration {
	if h == nil {
		return 0
	}
	t, err := parseSeconds(h.Value())
	if err != nil {
		return 0
	}
	return t
}

var errSeconds = errors.New("not a number of seconds")

func parseSeconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, errSeconds
	}
	return time.Duration(n) * time.Second, nil
}
