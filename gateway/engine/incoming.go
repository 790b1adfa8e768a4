package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/sdp"
	"callcast/gateway/internal/sipua"
)

// maxRinging bounds the calls that come in and were not taken yet.
const maxRinging = 100

// Refusals of a call that comes in (RFC 3261 section 21).
const (
	statusNotFound      = 404
	statusUnavailable   = 480
	statusBusy          = 486
	statusNoDialog      = 481
	statusNotAcceptable = 488
	statusInternal      = 500
	statusStopping      = 503
)

// incoming is what is known of a call that comes in.
type incoming struct {
	signal       *sipua.Incoming
	registration string
	wants        [media.Kinds]media.Codec // of what the caller talks in; empty: not of this kind
}

// invited lets a call ring, or refuses it.
func (e *Engine) invited(in *sipua.Incoming) {
	if in.Replaces != "" {
		e.takeOver(in)
		return
	}
	registration := e.registrations.of(in.Account)
	if registration == "" {
		in.Reject(statusNotFound, "")
		return
	}
	wants, err := offered(in.SDP)
	if err != nil {
		e.log.Warn("call refused", "from", in.From.User, "err", err)
		in.Reject(statusNotAcceptable, "")
		return
	}
	plan := callPlan{incoming: &incoming{in, registration, wants}, spec: gateway.CallSpec{
		ID: in.CallID, Callee: in.To.User, Account: in.Account, VisibleName: in.From.Display,
		HasAudio: wants[media.Audio] != "", HasVideo: wants[media.Video] != "",
	}}
	if checkName("callId", in.CallID) != nil || e.calls.has(in.CallID) {
		plan.spec.ID = rand.Text() // callers choose theirs as they like
	}
	plan.spec.Stream = plan.spec.ID
	if err := e.calls.start(plan); err != nil {
		e.log.Warn("call refused", "from", in.From.User, "err", err)
		in.Reject(refusal(err), "")
	}
}

// refusal is the status of a call that finds no room.
func refusal(err error) int {
	refused := asContract(err)
	if refused.Reason == gateway.ReasonStopping {
		return statusStopping
	}
	return statusBusy
}

// offered is what a caller talks in. Who leaves the offer to us is offered all.
func offered(description []byte) (wants [media.Kinds]media.Codec, err error) {
	if len(description) == 0 {
		return telephone(), nil
	}
	anyPort := sdp.MediaOffer{Port: 9, Send: true}
	_, a, err := sdp.AnswerTo(description, sdp.OfferParams{IP: netip.IPv4Unspecified(), Audio: anyPort, Video: anyPort})
	if err != nil {
		return wants, err
	}
	if a.Audio != nil {
		wants[media.Audio] = a.Audio.Payloads[0].Codec
	}
	if a.Video != nil {
		wants[media.Video] = media.H264
	}
	if a.Audio == nil && a.Video == nil {
		return wants, fmt.Errorf("nothing in common: %v", a.Refused)
	}
	return wants, nil
}

// caller is the user or number a call comes from.
func (in *incoming) caller() string { return callerOf(in.signal) }

func callerOf(in *sipua.Incoming) string {
	if in.From.User != "" {
		return in.From.User
	}
	return in.From.Host
}

// watch tells the call when it is over without having been answered.
func (r *callRoom) watch() {
	select {
	case <-r.incoming.signal.Gone():
		r.call.OnEnded(true, "the caller gave up")
	case <-r.call.Done():
	}
}

// ringing is a call that comes in as its actor sees it.
type ringing struct{ *sipua.Incoming }

func (r ringing) Answer(sdp []byte, l *call.Leg) call.Dialog {
	return dialog{r.Incoming.Answer(sdp, func(ev sipua.Event) { tell(l, ev) })}
}

// Hangup refuses the call.
func (r ringing) Hangup(reason string) {
	status := statusBusy
	switch gateway.EndReason(reason) {
	case gateway.EndNoAnswer:
		status = statusUnavailable
	case gateway.EndNoMedia:
		status = statusNotAcceptable
	case gateway.EndShutdown:
		status = statusStopping
	case gateway.EndInternal:
		status = statusInternal
	default:
	}
	r.Reject(status, "")
}

var errRinging = errors.New("the call was not answered yet")

func (ringing) Info(context.Context, string, []byte) (int, error) { return 0, errRinging }
func (ringing) Reinvite(context.Context, []byte) ([]byte, error)  { return nil, errRinging }
func (ringing) Refer(context.Context, string, call.Dialog) error  { return errRinging }
