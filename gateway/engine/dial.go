package engine

import (
	"context"
	"fmt"

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
	peer, answer, err := port.Talk(ctx, offer, telephone(e.codecs(plan.spec.Account)), plan.spec.Stream)
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

// OfferCall makes the offer for a browser that an incoming call rings for.
func (e *Engine) OfferCall(ctx context.Context, id string) (string, error) {
	room, err := e.calls.find(id)
	if err != nil {
		return "", err
	}
	if room.incoming == nil {
		return "", room.call.NotRinging()
	}
	port, err := e.sessions.endpoint()
	if err != nil {
		return "", err
	}
	peer, offer, err := port.Offer(ctx, room.incoming.wants, room.spec.Stream)
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

// AnswerCall takes an incoming call.
func (e *Engine) AnswerCall(ctx context.Context, spec gateway.AnswerSpec) error {
	id, answer := spec.CallID, spec.SDP
	room, err := e.calls.find(id)
	if err != nil {
		return err
	}
	if answer == "" {
		return room.take(ctx, nil)
	}
	b := room.seat.take()
	if b == nil {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonNotRinging, Field: "callId", Value: id,
			Message: fmt.Sprintf("callId %q: no offer of this call waits for an answer; ask for one while it rings.", id),
		}
	}
	if err := b.peer.Accept(answer); err != nil {
		b.close()
		e.sessions.refused.Add(1)
		return offerError(err)
	}
	return room.take(ctx, b)
}

// take answers the call, with a browser that talks in it if there is one.
func (r *callRoom) take(ctx context.Context, b *browser) error {
	r.taking.Lock()
	defer r.taking.Unlock()
	if !r.answerable() {
		b.dismiss()
		return r.call.NotRinging()
	}
	r.seat.sit(b)
	if err := r.call.Take(ctx, b != nil); err != nil {
		r.seat.sit(nil)
		b.dismiss()
		return asContract(err)
	}
	r.answered = true
	if b != nil {
		r.talk()
	}
	return nil
}

// answerable reports whether the call is one that nobody has answered.
func (r *callRoom) answerable() bool { return r.incoming != nil && !r.answered }

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
