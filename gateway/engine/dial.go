package engine

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/rtc"
)

// Dial starts a call that a browser talks in.
func (e *Engine) Dial(ctx context.Context, spec gateway.CallSpec, offer string) (gateway.MediaAnswer, error) {
	plan, err := e.plan(ctx, spec)
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	port, err := e.sessions.endpoint()
	if err != nil {
		return gateway.MediaAnswer{}, err
	}
	peer, answer, err := port.Talk(ctx, offer, telephone(e.codecs(plan.spec.Account)), plan.publication.Stream)
	if err != nil {
		e.sessions.refused.Add(1)
		return gateway.MediaAnswer{}, offerError(err)
	}
	plan.browser = e.newBrowser(spec.ID, peer)
	if err := e.calls.start(plan); err != nil {
		plan.browser.close()
		return gateway.MediaAnswer{}, err
	}
	return gateway.MediaAnswer{ID: spec.ID, Answer: answer}, nil
}

// OfferCall makes the offer for a browser that an incoming call rings for, or that is to talk in a call in place of another.
func (e *Engine) OfferCall(ctx context.Context, id string) (string, error) {
	room, err := e.calls.find(id)
	if err != nil {
		return "", err
	}
	wants, open := room.offerable()
	if !open {
		return "", room.call.NotRinging()
	}
	port, err := e.sessions.endpoint()
	if err != nil {
		return "", err
	}
	peer, offer, err := port.Offer(ctx, wants, id)
	if err != nil {
		return "", offerError(err)
	}
	b := e.newBrowser(id, peer)
	if !room.seat.offer(b) {
		b.close()
		return "", room.call.NotRinging()
	}
	return offer, nil
}

// AnswerCall takes an incoming call, or gives a call to another browser. A refusal leaves it as it is.
func (e *Engine) AnswerCall(ctx context.Context, spec gateway.AnswerSpec) error {
	if errs := spec.Validate(); len(errs) > 0 {
		return errs[0]
	}
	id := spec.CallID
	room, err := e.calls.find(id)
	if err != nil {
		return err
	}
	becomes, err := e.publication(cmp.Or(spec.Stream, id), spec.RTMPURL, spec.RTMPStream)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	if err := resolvePush(ctx, spec.RTMPURL); err != nil {
		return err
	}
	if spec.SDP == "" {
		return room.take(nil, becomes, 0)
	}
	b := room.seat.take()
	if b == nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonNotRinging, Field: "callId", Value: id,
			Message: fmt.Sprintf("callId %q: no offer of this call waits for an answer; ask for one while it rings.", id),
		}
	}
	if err := b.peer.Accept(spec.SDP); err != nil {
		b.close()
		e.sessions.refused.Add(1)
		return offerError(err)
	}
	if room.seat.seated() != nil {
		return room.replace(ctx, b)
	}
	return room.take(b, becomes, spec.Keep)
}

// take answers the call, with a browser that talks in it if there is one.
func (r *callRoom) take(b *browser, becomes publication, keep time.Duration) error {
	r.taking.Lock()
	defer r.taking.Unlock()
	if !r.answerable() {
		b.dismiss()
		return r.call.NotRinging()
	}
	if err := r.reserve(becomes); err != nil {
		b.dismiss()
		return err
	}
	r.seat.sit(b)
	if err := r.call.Take(b != nil, becomes.Publication); err != nil {
		r.seat.sit(nil)
		b.dismiss()
		r.vacate()
		return asContract(err)
	}
	r.answered, r.keep = true, keep
	r.startPush()
	if b != nil {
		r.talk()
	}
	return nil
}

// answerable reports whether the call is one that nobody has answered, nor a rule does.
func (r *callRoom) answerable() bool {
	return r.incoming != nil && r.incoming.rule == nil && !r.answered
}

// dismiss sends a browser away, if there is one.
func (b *browser) dismiss() {
	if b != nil {
		b.close()
	}
}

// endpoint is the port for browsers.
func (v *sessions) endpoint() (*rtc.Endpoint, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case v.stopped:
		return nil, &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping, Message: "The gateway is stopping."}
	case v.port == nil:
		return nil, &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonPortTaken, Field: "webrtc_port",
			Message: "The port for browsers is taken: free it or change webrtc_port.",
		}
	}
	return v.port, nil
}
