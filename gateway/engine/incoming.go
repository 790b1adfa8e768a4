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
	statusNotAcceptable = 488
	statusInternal      = 500
	statusStopping      = 503
)

// incoming is what is known of a call that comes in.
type incoming struct {
	signal       *sipua.Incoming
	registration string
	rule         *gateway.AnswerRule      // that takes it; nil: it rings
	wants        [media.Kinds]media.Codec // of what the caller talks in; empty: not of this kind
}

// invited lets a call ring or takes it by a rule, or refuses it.
func (e *Engine) invited(signal *sipua.Incoming) {
	in := &incoming{signal: signal, registration: e.registrations.of(signal.Account)}
	in.rule = ruleFor(e.config.SIP.Rules, signal.To.User, in.caller())
	if in.registration == "" && in.rule == nil {
		e.callsRefused.Add(1)
		signal.Reject(statusNotFound, "")
		return
	}
	if status, err := e.admit(in); err != nil {
		e.callsRefused.Add(1)
		e.log.Warn("call refused", "from", in.caller(), "to", signal.To.User, "err", err)
		signal.Reject(status, "")
	}
}

// admit starts a call that comes in, or says with which status it is refused.
func (e *Engine) admit(in *incoming) (status int, err error) {
	signal := in.signal
	if in.wants, err = offered(signal.SDP, e.codecs(signal.Account), signal.Account.SRTP); err != nil {
		return statusNotAcceptable, err
	}
	plan := callPlan{incoming: in, spec: gateway.CallSpec{
		ID: signal.CallID, Callee: signal.To.User, Account: signal.Account, VisibleName: signal.From.Display,
		HasAudio: in.wants[media.Audio] != "", HasVideo: in.wants[media.Video] != "",
	}}
	if checkName("callId", signal.CallID) != nil || e.calls.has(signal.CallID) {
		plan.spec.ID = rand.Text() // callers choose theirs as they like
	}
	if rule := in.rule; rule != nil {
		stream, name := ruleNames(*rule, signal.To.User, in.caller(), plan.spec.ID)
		if plan.publication, err = e.publication(stream, rule.RTMPURL, gateway.Secret(name)); err != nil {
			return statusInternal, err
		}
	}
	err = e.calls.start(plan)
	return refusal(err), err
}

// refusal is the status of a call that finds no room.
func refusal(err error) int {
	if refused, ok := errors.AsType[*gateway.Error](err); ok && refused.Reason == gateway.ReasonStopping {
		return statusStopping
	}
	return statusBusy
}

// offered is what a caller talks in. Who leaves the offer to us is offered all.
func offered(
	description []byte, codecs [media.Kinds][]media.Codec, policy gateway.SRTPPolicy,
) (wants [media.Kinds]media.Codec, err error) {
	if len(description) == 0 {
		return telephone(codecs), nil
	}
	line := func(kind media.Kind) sdp.MediaOffer {
		return sdp.MediaOffer{Port: 9, Send: true, Codecs: codecs[kind], Keys: sdp.NewKeys()}
	}
	_, a, err := sdp.AnswerTo(description, sdp.OfferParams{
		IP: netip.IPv4Unspecified(), SRTP: policy, Audio: line(media.Audio), Video: line(media.Video),
	})
	if err != nil {
		return wants, err
	}
	if a.Audio != nil {
		wants[media.Audio] = a.Audio.Payloads[0].Codec
	}
	if a.Video != nil {
		wants[media.Video] = a.Video.Payloads[0].Codec
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

// ringing is a SIP call that comes in as the call sees it that it is, or that it is to go on in.
type ringing struct {
	*sipua.Incoming
	of signal
}

func (r ringing) Answer(sdp []byte, l *call.Leg) call.Dialog {
	r.of.ladder.Join(r.of.spec.ID, r.CallID)
	return dialog{r.Incoming.Answer(sdp, r.of.handler(l))}
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
