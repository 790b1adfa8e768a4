package engine

import (
	"context"
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

func (s signal) Invite(offer []byte, c *call.Call) call.Dialog {
	return dialog{s.agent.Invite(sipua.InviteParams{
		CallID:      s.spec.ID,
		Account:     s.spec.Account,
		Callee:      s.spec.Callee,
		VisibleName: s.spec.VisibleName,
		SDP:         offer,
		NoAnswer:    s.noAnswer,
		Handle:      func(ev sipua.Event) { tell(c, ev) },
	})}
}

// tell passes what happened in the dialog on to the call.
func tell(c *call.Call, ev sipua.Event) {
	switch ev := ev.(type) {
	case sipua.Provisional:
		c.OnProvisional(ev.Status, ev.SDP)
	case sipua.Answered:
		c.OnAnswered(ev.Status, ev.SDP)
	case sipua.Failed:
		c.OnFailed(ev.Status, ev.Cause, ev.Reason)
	case sipua.Ended:
		c.OnEnded(ev.Remote, ev.Text)
	case sipua.Reinvite:
		c.OnReinvite(ev.SDP, ev.Respond)
	case sipua.Refreshed:
		c.OnRefreshed(ev.SDP)
	case sipua.Transfer:
		c.OnTransfer(ev.Status, ev.Text, ev.Final)
	case sipua.Referred:
		ev.Reject(statusDeclined) // whom we call is for the operator to say
	case sipua.InfoReceived:
		c.OnInfo(ev.ContentType, ev.Body)
	}
}
