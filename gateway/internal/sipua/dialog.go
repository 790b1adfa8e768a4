package sipua

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// InviteParams is a call to place.
type InviteParams struct {
	CallID      string // goes into the Call-ID header
	Account     gateway.Account
	Callee      string // user, user@host or a SIP URI
	Replaces    string // the dialog whose place this one is to take, as a Replaces header has it; empty = none
	Require     string // the extensions that the callee is to have, as a Require header has them; empty = any
	ReferredBy  string // who named the callee; empty = nobody
	VisibleName string
	SDP         []byte // the offer
	NoAnswer    time.Duration
	Handle      func(Event) // called by the dialog's goroutine; it should not block for long
}

// Dialog is one call placed by Invite, or answered by Incoming.Answer, from the INVITE to its end.
type Dialog struct {
	agent  *Agent
	p      InviteParams
	log    *slog.Logger
	tag    string
	caller bool // the call, and with it the Call-ID, is ours
	creds  *credentials
	id     identity      // belongs to the dialog's goroutine
	cseq   atomic.Uint32 // the number of our last request
	terms  terms         // what we ask of the session timer; belongs to who may change the session
	lease  *lease

	inbox     chan Event        // from the handlers of incoming requests
	abandoned chan struct{}     // closed when the call is to end
	byed      chan struct{}     // closed when the other side said BYE
	done      chan struct{}     // closed after the last event
	acks      chan *sip.Request // ACKs to our own 2xx
	pracks    chan *sip.Request // the PRACK of our last reliable response
	turn      turn              // who changes the session

	referral atomic.Pointer[referral] // the transfer we asked for that is under way

	mu    sync.Mutex // guards what follows
	why   abandonment
	sess  *session
	early map[string]*session // by tag: with those whom our INVITE that is unanswered has reached, or with the caller whom we have not answered
	due   announcement        // the last reliable response

	contact *sip.ContactHeader // of our INVITE; nil if there is none
}

// abandonment is why a call is to end.
type abandonment struct {
	by   party
	text string
}

type party int

const (
	nobody party = iota
	byUs
	byThem
	byNoAnswer
)

type dialogKey struct{ callID, tag string }

// ErrNotEstablished is returned for what needs an established dialog.
var ErrNotEstablished = errors.New("the call is not established")

// Invite places a call and returns at once. Everything is told through p.Handle; after Close that is one Failed,
// given before Invite returns.
func (a *Agent) Invite(p InviteParams) *Dialog {
	d := a.newDialog(p)
	d.caller = true
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		close(d.done)
		p.Handle(Failed{Reason: errClosed.Error(), Cause: gateway.EndShutdown})
		return d
	}
	a.dialogs[d.key()] = d
	a.tasks.Go(d.run)
	a.mu.Unlock()
	return d
}

func (a *Agent) newDialog(p InviteParams) *Dialog {
	return &Dialog{
		agent:     a,
		p:         p,
		log:       a.log.With("call", p.CallID),
		tag:       newTag(),
		creds:     newCredentials(p.Account),
		terms:     a.offeredTerms(),
		lease:     newLease(),
		inbox:     make(chan Event),
		abandoned: make(chan struct{}),
		byed:      make(chan struct{}),
		done:      make(chan struct{}),
		acks:      make(chan *sip.Request, 1),
		pracks:    make(chan *sip.Request, 1),
		turn:      newTurn(),
		early:     make(map[string]*session),
	}
}

func (d *Dialog) key() dialogKey { return dialogKey{d.p.CallID, d.tag} }

// Hangup ends the call in any state. It may be called any number of times; the first counts.
func (d *Dialog) Hangup(reason string) { d.abandon(byUs, reason) }

func (d *Dialog) abandon(by party, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.why.by == nobody {
		d.why = abandonment{by, text}
		close(d.abandoned)
	}
}

func (d *Dialog) isAbandoned() bool {
	select {
	case <-d.abandoned:
		return true
	default:
		return false
	}
}

func (d *Dialog) reason() abandonment {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.why
}

func (d *Dialog) session() *session {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.sess
}

// Info sends an INFO request and returns the status of its final response.
func (d *Dialog) Info(ctx context.Context, contentType string, body []byte) (int, error) {
	s := d.session()
	if s == nil || d.isAbandoned() {
		return 0, ErrNotEstablished
	}
	var status int
	var err error
	entered := d.agent.enter(func() {
		var res *sip.Response
		res, err = s.do(ctx, sip.INFO, contentType, body)
		if res != nil {
			status = res.StatusCode
		}
	})
	if !entered {
		return 0, errClosed
	}
	return status, err
}

// run is the dialog's goroutine.
func (d *Dialog) run() {
	var ended bool
	defer func() {
		d.agent.forget(d)
		d.abandon(byThem, "the call is over") // whoever waits to take its place waits no longer
		close(d.done)
	}()
	defer func() {
		if !ended {
			d.abandon(byUs, "internal error")
			d.emit(Failed{Reason: "internal error", Cause: gateway.EndInternal})
		}
	}()
	defer d.agent.contain("sip dialog")
	last, pending := d.call()
	ended = true
	d.emit(last)
	if pending != nil {
		d.agent.spawn(pending.linger)
	}
}

// emit hands an event to the owner of the call.
func (d *Dialog) emit(ev Event) {
	defer d.agent.contain("sip event handler")
	d.p.Handle(ev)
}

// call is the life of the call. It returns its last event, and the INVITE that is still unanswered, if one is.
func (d *Dialog) call() (Event, *invitation) {
	res, inv, err := d.pursue()
	switch {
	case err == nil && res.IsSuccess():
		return d.talk(inv, res), nil
	case d.isAbandoned():
		if !errors.Is(err, errGaveUp) {
			inv = nil
		}
		return d.unestablished(res), inv
	case res != nil && !res.IsProvisional():
		f := refused(res, d.creds.used())
		if err != nil {
			f.Reason = statusText(res) + ": " + err.Error()
		}
		return f, nil
	default:
		return undelivered(err), nil
	}
}

// unestablished is the last event of a call that was given up before it was answered. res is the last response.
func (d *Dialog) unestablished(res *sip.Response) Event {
	why := d.reason()
	if why.by != byNoAnswer {
		return Ended{Remote: why.by == byThem, Text: why.text}
	}
	if res == nil {
		return Failed{Status: sip.StatusRequestTimeout, Reason: "no answer to the INVITE", Cause: gateway.EndUnreachable}
	}
	f := Failed{Status: sip.StatusRequestTimeout, Reason: why.text, Cause: gateway.EndNoAnswer}
	if res.StatusCode >= 300 {
		f.Status = res.StatusCode
	}
	return f
}

// talk is the call from its 2xx on.
func (d *Dialog) talk(inv *invitation, res *sip.Response) Event {
	s := inv.reached(res)
	d.conclude()
	s.agree()
	d.mu.Lock()
	d.sess = s
	d.mu.Unlock()
	d.confirm(s, inv.req)
	if d.isAbandoned() { // the 2xx crossed our CANCEL, or their BYE overtook it
		d.leave(s)
		return d.unestablished(res)
	}
	d.agreed(res)
	d.emit(Answered{Status: res.StatusCode, SDP: s.news(inv.answerOf(res))})
	d.turn.pass()
	return d.converse(s)
}

// converse is the call from its answer to its end.
func (d *Dialog) converse(s *session) Event {
	var watch sync.WaitGroup
	defer watch.Wait()
	watch.Go(func() {
		defer d.agent.contain("sip session timer")
		d.lease.keep(d.abandoned, func() { d.renew(s) }, func() { d.abandon(byUs, "the session was not refreshed") })
	})
	for {
		select {
		case ev := <-d.inbox:
			d.deliver(ev)
		case <-d.abandoned:
			d.leave(s)
			why := d.reason()
			return Ended{Remote: why.by == byThem, Text: why.text}
		}
	}
}

// deliver emits what comes in an answered dialog.
func (d *Dialog) deliver(ev Event) {
	if !tooLate(ev) {
		d.emit(ev)
	}
}

func (d *Dialog) confirm(s *session, invite *sip.Request) {
	ctx, cancel := context.WithTimeout(context.Background(), d.agent.timing.dial)
	defer cancel()
	if err := s.acknowledge(ctx, invite); err != nil {
		// They will repeat the 2xx, and we the ACK.
		d.log.Warn("ack not sent", "error", err)
	}
}

// leave says BYE unless the other side did. It stops waiting for the answer when their BYE arrives.
func (d *Dialog) leave(s *session) {
	if d.reason().by == byThem {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.agent.timing.hangup)
	defer cancel()
	ctx, stop := until(ctx, d.byed)
	defer stop()
	if _, err := s.do(ctx, sip.BYE, "", nil); err != nil {
		d.log.Debug("bye not answered", "error", err)
	}
}

// until is ctx, ended early when done is closed. stop ends it at once and waits for what watched.
func until(ctx context.Context, done <-chan struct{}) (_ context.Context, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-done:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { cancel(); watch.Wait() }
}

// sdpOf is the session description in a message, if it holds one. Some peers forget the Content-Type.
func sdpOf(msg interface {
	Body() []byte
	ContentType() *sip.ContentTypeHeader
},
) []byte {
	body := msg.Body()
	if len(body) == 0 {
		return nil
	}
	if t := msg.ContentType(); t != nil && !isSDP(t.Value()) {
		return nil
	}
	return body
}
