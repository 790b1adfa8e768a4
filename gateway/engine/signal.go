package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/ladder"
	"callcast/gateway/internal/sipua"
)

// signal is the SIP user agent as one call sees it.
type signal struct {
	agent    *sipua.Agent
	ladder   *ladder.Recorder
	spec     gateway.CallSpec
	noAnswer time.Duration
}

func (s signal) Register(ctx context.Context) (status int, err error) {
	defer s.ladder.Registering(s.spec.ID, s.spec.Account)()
	err = s.agent.Register(ctx, s.spec.Account)
	if refused, ok := errors.AsType[*sipua.RegisterError](err); ok {
		status = refused.Status
	}
	return status, err
}

func (s signal) Invite(offer []byte, l *call.Leg) call.Dialog {
	return dialog{s.agent.Invite(s.params(offer, l))}
}

func (s signal) Follow(offer []byte, r call.Referral, l *call.Leg) call.Dialog {
	p := s.params(offer, l)
	p.CallID, p.Callee, p.ReferredBy = rand.Text(), r.Target, r.By
	p.Replaces, p.Require = r.Replaces, r.Require
	s.ladder.Join(s.spec.ID, p.CallID)
	return dialog{s.agent.Invite(p)}
}

func (s signal) params(offer []byte, l *call.Leg) sipua.InviteParams {
	return sipua.InviteParams{
		CallID:      s.spec.ID,
		Account:     s.spec.Account,
		Callee:      s.spec.Callee,
		VisibleName: s.spec.VisibleName,
		SDP:         offer,
		NoAnswer:    s.noAnswer,
		Handle:      s.handler(l),
	}
}

// handler passes what happens in a dialog on to the call.
func (s signal) handler(l *call.Leg) func(sipua.Event) {
	return func(ev sipua.Event) { s.tell(l, ev) }
}

func (s signal) tell(l *call.Leg, ev sipua.Event) {
	switch ev := ev.(type) {
	case sipua.Provisional:
		l.OnProvisional(ev.Status, ev.SDP)
	case sipua.Answered:
		l.OnAnswered(ev.Status, ev.SDP)
	case sipua.Failed:
		l.OnFailed(ev.Status, ev.Cause, ev.Reason)
	case sipua.Ended:
		l.OnEnded(ev.Remote, ev.Text)
	case sipua.Reinvite:
		l.OnReinvite(ev.SDP, ev.Respond)
	case sipua.Refreshed:
		l.OnRefreshed(ev.SDP)
	case sipua.Transfer:
		l.OnTransfer(ev.Status, ev.Text, ev.Final)
	case sipua.Referred:
		l.OnReferred(call.Referral{
			Target: ev.Target, Replaces: ev.Replaces, Require: ev.Require, By: ev.By,
			Accept: ev.Accept, Reject: ev.Reject, Notify: ev.Notify,
		})
	case sipua.Replacing:
		l.OnReplaced(call.Incoming{Ringing: ringing{ev.Call, s}, Offer: ev.Call.SDP, Caller: callerOf(ev.Call)})
	case sipua.InfoReceived:
		l.OnInfo(ev.ContentType, ev.Body)
	}
}
