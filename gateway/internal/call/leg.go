package call

import (
	"context"

	"callcast/gateway"
	"callcast/gateway/internal/codec/dtmf"
)

// Leg is one SIP dialog of a call, as which its signalling speaks to the call. A call has one, but for the moments in which
// another takes its place.
type Leg struct {
	c *Call

	// These belong to the call's goroutine.
	retired bool      // it is not the call's any more, whatever it says
	another bool      // it was offered OfferAnother, because it takes the other side's place
	trial   *referral // why it was placed, as long as it is not the call's yet
}

// send has something done in the call's goroutine, if the leg is still of it then.
func (l *Leg) send(do func(life context.Context)) {
	l.c.send(func(life context.Context) {
		if !l.retired {
			do(life)
		}
	})
}

// OnProvisional takes a 1xx.
func (l *Leg) OnProvisional(status int, sdp []byte) {
	l.send(func(life context.Context) {
		if l.trial != nil {
			l.trial.notify(status, "")
			return
		}
		l.c.step(life, provisional{status, sdp})
	})
}

// OnAnswered takes a 2xx.
func (l *Leg) OnAnswered(status int, sdp []byte) {
	l.send(func(life context.Context) {
		if l.trial != nil {
			l.c.succeed(life, l, status, sdp)
			return
		}
		l.c.step(life, answered{status, sdp})
	})
}

// OnFailed takes the end of a dialog that was never answered.
func (l *Leg) OnFailed(status int, cause gateway.EndReason, text string) {
	l.send(func(life context.Context) {
		if l.trial != nil {
			l.c.fail(life, l, status, text)
			return
		}
		l.c.step(life, failed{status, cause, text})
	})
}

// OnEnded takes the end of a dialog that was answered.
func (l *Leg) OnEnded(remote bool, text string) {
	l.send(func(life context.Context) {
		switch {
		case l.trial != nil:
			l.c.fail(life, l, 0, text)
		case !l.c.goOn(l):
			l.c.step(life, ended{remote, text})
		}
	})
}

// OnReinvite takes a changed offer in the dialog, which may not be answered yet, and answers it through respond.
func (l *Leg) OnReinvite(sdp []byte, respond func(status int, sdp []byte)) {
	c := l.c
	l.send(func(life context.Context) {
		if l.trial != nil { // the media are with somebody else
			respond(sipNotAcceptable, nil)
			return
		}
		answer, err := c.media.Reoffer(sdp)
		if err != nil {
			c.log.Warn("re-INVITE refused", "err", err)
			respond(sipNotAcceptable, nil)
			return
		}
		respond(sipOK, answer)
		c.step(life, changed{c.media.Held()})
		c.publish()
	})
}

// OnRefreshed takes the other side's description as it came with the renewal of the session, or when it had asked for an
// offer.
func (l *Leg) OnRefreshed(sdp []byte) {
	c := l.c
	l.send(func(life context.Context) {
		if err := c.media.Answer(sdp); err != nil {
			c.log.Warn("description refused", "err", err)
			return
		}
		c.step(life, remoteHold{c.media.Held() && !c.state.held.Local})
	})
}

// OnTransfer takes how a transfer goes on. When the other side talks with somebody else, the call is over; when that came
// to nothing, it goes on.
func (l *Leg) OnTransfer(status int, text string, final bool) {
	l.c.log.Info("transfer", "status", status, "text", text, "final", final)
	l.send(func(life context.Context) { l.c.step(life, transferTold{status, text, final}) })
}

// OnInfo takes an INFO in the dialog.
func (l *Leg) OnInfo(contentType string, body []byte) {
	if key, _, ok := dtmf.ParseInfo(contentType, body); ok {
		l.c.OnKey(key, dtmf.ByInfo)
		return
	}
	l.send(func(context.Context) {
		if l.c.media != nil {
			l.c.media.TakeInfo(contentType, body)
		}
	})
}
