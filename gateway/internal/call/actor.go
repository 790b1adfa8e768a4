package call

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/sdp"
)

// refresh is how often a live call's figures are published.
const refresh = time.Second

// Signal is the SIP side of a call.
type Signal interface {
	// Register makes the account reachable and returns when the registrar has answered, with its SIP status if it
	// refused.
	Register(ctx context.Context) (status int, err error)
	// Invite sends the offer. What follows comes through the Leg's On methods; the last is OnFailed or OnEnded.
	Invite(offer []byte, l *Leg) Dialog
	// Follow sends the offer to whom the other side has named.
	Follow(offer []byte, r Referral, l *Leg) Dialog
}

// Dialog is the SIP dialog of a call.
type Dialog interface {
	// Hangup ends it, whatever its state. It does not wait.
	Hangup(reason string)
	Info(ctx context.Context, contentType string, body []byte) (status int, err error)
	// Reinvite offers a changed description and returns the answer.
	Reinvite(ctx context.Context, offer []byte) (answer []byte, err error)
	// Refer asks the other side to call target, or to take the place of the other dialog's other side.
	Refer(ctx context.Context, target string, other Dialog) error
}

// Media is the audio and video of a call.
type Media interface {
	Offer() []byte
	// Answer takes the remote description, early or final, and may be called again. It fails when nothing of it
	// can be received.
	Answer(sdp []byte) error
	// Reoffer takes a changed description from the remote party and returns the answer.
	Reoffer(sdp []byte) (answer []byte, err error)
	// OfferAnother is the offer to whom the other side has named, whose answer goes to AnswerAnother.
	OfferAnother() []byte
	AnswerAnother(sdp []byte) error
	// Hold returns the offer that holds the call or takes it back; Answer or undo follows.
	Hold(hold bool) (offer []byte, undo func())
	// Held reports whether the remote party holds the call.
	Held() bool
	// Confirm says that the caller has acknowledged our answer.
	Confirm()
	// Encrypted reports whether all media is SRTP.
	Encrypted() bool
	SendDTMF(ctx context.Context, digits string) error
	// SetMuted puts silence in place of what the remote party hears, but for tones, or takes it away.
	SetMuted(muted bool)
	// TakeInfo takes the body of an INFO and reports whether it was about the media.
	TakeInfo(contentType string, body []byte) bool
	Stats() (audio, video gateway.MediaStats)
	// Refused is what of the descriptions is not used, and why.
	Refused() []gateway.MediaLine
	Close()
}

// Publication is the stream the call becomes, and where that is pushed. It is zero while nobody has answered.
type Publication struct {
	Stream     string
	RTMPURL    gateway.Secret
	RTMPStream gateway.Secret
	RTMPTarget string // for display
}

// Push is the state of the call's publication, told to SetPush.
type Push struct {
	Status  gateway.RTMPStatus
	Problem string
}

// Injection is what goes to the remote party in place of silence and slate.
type Injection struct {
	Stream string
	Sound  string
}

// Params is what a call consists of.
type Params struct {
	Spec        gateway.CallSpec
	Publication Publication
	Signal      Signal
	Incoming    *Incoming // nil: Signal places the call
	Browser     bool      // a browser talks in it
	Stays       bool      // whom the other side names is not called
	// Media opens the media of the call. info sends a SIP INFO in the call's dialog.
	Media func(info func(ctx context.Context, contentType string, body []byte) error) (Media, error)
	// Publish is told every new value of the call, from the call's goroutine.
	Publish func(gateway.Call)
	Log     *slog.Logger
}

// Call is one call.
type Call struct {
	*Leg // the first

	p       Params
	log     *slog.Logger
	inbox   chan func(life context.Context)
	done    chan struct{}
	helpers sync.WaitGroup // the registration in flight

	changing sync.Mutex // held while the other side is asked for a change, or while whom it has named is called

	// What follows belongs to the goroutine in Run.
	state       state
	browser     bool
	muted       bool
	publication Publication
	push        Push
	injection   Injection
	devices     gateway.DeviceUse
	keys        dtmf.Once
	digits      string // that were pressed
	media       Media
	dialog      Dialog
	leg         *Leg      // that dialog
	trial       *referral // whom the other side has named, and is being called; nil if nobody is
	remote      string    // who has taken the other side's place; empty if nobody has
	remoteSDP   string
	created     time.Time
	established time.Time
	ended       time.Time
}

// New makes a call that Run will place, or let ring.
func New(p Params) *Call {
	c := &Call{
		p:       p,
		log:     p.Log.With("call", p.Spec.ID),
		inbox:   make(chan func(context.Context), 16),
		done:    make(chan struct{}),
		state:   state{status: gateway.CallNew},
		created: time.Now(),
		browser: p.Browser,
	}
	c.Leg = &Leg{c: c}
	c.leg = c.Leg
	c.publishes(p.Publication)
	return c
}

// publishes notes what the call becomes.
func (c *Call) publishes(p Publication) {
	c.publication = p
	if p.RTMPURL != "" {
		c.push.Status = gateway.RTMPWait
	}
}

// Announce publishes the call as new. It may be called before Run.
func (c *Call) Announce() { c.publish() }

// Run places the call, or lets it ring, and lives until it is over and its media is closed. When ctx ends the call is hung up.
func (c *Call) Run(ctx context.Context) {
	defer c.helpers.Wait()
	life, abandon := context.WithCancel(context.WithoutCancel(ctx))
	defer abandon()
	ticker := time.NewTicker(refresh)
	defer ticker.Stop()
	stopping := ctx.Done()
	defer c.leave()
	limit := c.begin(life)
	for !c.state.over {
		select {
		case do := <-c.inbox:
			do(life)
		case <-ticker.C:
			c.publish()
		case <-limit:
			c.step(life, unanswered{})
		case <-stopping:
			stopping = nil
			c.step(life, hangup{gateway.EndShutdown})
		}
	}
}

// leave closes the call. If a panic cut it short, it is hung up first: nobody else would.
func (c *Call) leave() {
	defer func() {
		c.giveUp()
		close(c.done) // from here on nobody waits for the inbox
		if c.media != nil {
			c.media.Close()
		}
	}()
	if c.state.over {
		return
	}
	if c.dialog != nil {
		c.dialog.Hangup(string(gateway.EndInternal))
	}
	before := c.state
	c.state.ending = gateway.Ending{Reason: gateway.EndInternal, Text: "internal error"}
	c.state = finish(c.state)
	c.stamp(before)
	c.publish()
}

// Hangup asks for the end of the call. It does not wait.
func (c *Call) Hangup(why gateway.EndReason) { c.post(hangup{why}) }

// SetPush tells the call what became of its publication.
func (c *Call) SetPush(p Push) {
	c.send(func(context.Context) {
		if c.push != p {
			c.push = p
			c.publish()
		}
	})
}

// SetInjection changes what the call tells of its injection.
func (c *Call) SetInjection(change func(*Injection)) {
	c.send(func(context.Context) {
		before := c.injection
		if change(&c.injection); c.injection != before {
			c.publish()
		}
	})
}

// Done is closed when the call is over.
func (c *Call) Done() <-chan struct{} { return c.done }

const (
	sipOK            = 200
	sipNotAcceptable = 488
)

func (c *Call) post(ev event) {
	c.send(func(life context.Context) { c.step(life, ev) })
}

// send puts something into the inbox, unless the call is over.
func (c *Call) send(do func(life context.Context)) {
	select {
	case c.inbox <- do:
	case <-c.done:
	}
}

// step lets the machine judge an event and does what follows, until nothing more does.
func (c *Call) step(ctx context.Context, ev event) {
	for ev != nil {
		before := c.state
		after, effects := next(before, ev)
		c.state = after
		c.stamp(before)
		ev = nil
		for _, e := range effects {
			if then := c.do(ctx, e); then != nil {
				ev = then
			}
		}
		if after.status != before.status || after.sipStatus != before.sipStatus || after.ending != before.ending || after.transfer != before.transfer {
			c.log.Info("call", "status", after.status, "sip", after.sipStatus, "ending", after.ending.Reason, "text", after.ending.Text)
			c.publish()
		}
	}
}

func (c *Call) stamp(before state) {
	if before.status == c.state.status {
		return
	}
	if c.state.status == gateway.CallEstablished && c.established.IsZero() {
		c.established = time.Now()
	}
	if c.state.over {
		c.ended = time.Now()
	}
}

// do does one thing. It returns what happened at once, if anything did.
func (c *Call) do(ctx context.Context, e effect) event {
	switch e := e.(type) {
	case doRegister:
		c.helpers.Go(func() { c.register(ctx) })
	case doInvite:
		return c.invite()
	case doConfirm:
		c.media.Confirm()
	case doNegotiate:
		return c.negotiate(e)
	case doHangup:
		c.giveUp()
		c.dialog.Hangup(string(c.state.ending.Reason))
	case doRing:
		c.p.Incoming.Ringing.Ring()
	case doTake:
		return c.take()
	}
	return nil
}

func (c *Call) register(ctx context.Context) {
	status, err := c.p.Signal.Register(ctx)
	if err != nil {
		c.post(failed{status: status, cause: endingOf(err, gateway.EndRegistration), text: err.Error()})
		return
	}
	c.post(registered{})
}

func (c *Call) invite() event {
	media, err := c.p.Media(c.info)
	if err != nil {
		c.log.Error("no media", "err", err)
		return failed{cause: endingOf(err, gateway.EndInternal), text: err.Error()}
	}
	c.media = media
	c.dialog = c.p.Signal.Invite(media.Offer(), c.leg)
	return nil
}

// endingOf is how the call ends of an error: as that says itself, if it does.
func endingOf(err error, otherwise gateway.EndReason) gateway.EndReason {
	type telling interface {
		error
		Ending() gateway.EndReason
	}
	if e, ok := errors.AsType[telling](err); ok {
		return e.Ending()
	}
	return otherwise
}

func (c *Call) negotiate(e doNegotiate) event {
	answer := c.media.Answer
	if c.leg.another {
		answer = c.media.AnswerAnother
	}
	err := answer(e.sdp)
	switch {
	case err == nil && c.leg.another:
		c.remoteSDP = sdp.Masked(e.sdp)
		return remoteHold{c.media.Held() && !c.state.held.Local}
	case err == nil:
		c.remoteSDP = sdp.Masked(e.sdp)
	case e.final:
		return mediaRefused{err.Error()}
	default:
		c.log.Warn("early media refused", "err", err)
	}
	return nil
}

// info sends a SIP INFO in the dialog and waits for its answer. It is called from other goroutines.
func (c *Call) info(ctx context.Context, contentType string, body []byte) error {
	d, err := c.liveDialog(ctx)
	if err != nil {
		return err
	}
	status, err := d.Info(ctx, contentType, body)
	if err == nil && status >= 300 {
		err = fmt.Errorf("info refused with status %d", status)
	}
	return err
}

var errNoDialog = errors.New("the call has no dialog")
