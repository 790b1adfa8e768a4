package sipua

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

type reply struct {
	status int
	sdp    []byte
}

// consider has a re-INVITE or an UPDATE answered by the owner of the call. An UPDATE without a session description only
// shows that the other side is there, and needs no turn. Before the call is answered there is one for an offer only after that
// of the INVITE was answered (RFC 3311 section 5.2).
func (d *Dialog) consider(req *sip.Request, tx *sip.ServerTx, s *session) {
	offered := req.IsInvite() || len(sdpOf(req)) > 0
	if offered {
		if !s.isAgreed() {
			d.agent.respond(tx, d.notNow(req, d.caller))
			return
		}
		if !d.turn.tryAgain() {
			d.agent.respond(tx, d.notNow(req, d.turn.ours.Load()))
			return
		}
		defer d.turn.pass()
		select {
		case <-d.acks: // left over from an earlier change
		default:
		}
	}
	granted, ok := d.concede(req)
	if !ok {
		d.agent.respond(tx, d.tooFast(req))
		return
	}
	r := reply{status: sip.StatusOK}
	if offered {
		r = d.ask(sdpOf(req))
	}
	res := d.answerChange(req, s, r, granted)
	if offered && res.IsSuccess() {
		s.change()
	}
	d.agent.respond(tx, res)
	if !req.IsInvite() || !res.IsSuccess() {
		return
	}
	ack := d.awaitAck(req, tx, res)
	if len(sdpOf(req)) > 0 || ack == nil {
		return
	}
	if answer := sdpOf(ack); len(answer) > 0 { // the offer was ours (RFC 3261 section 14.2)
		d.post(Refreshed{SDP: answer})
	}
}

// tooFast refuses a session timer.
func (d *Dialog) tooFast(req *sip.Request) *sip.Response {
	res := answerTo(req, statusIntervalTooSmall, reasonPhrase(statusIntervalTooSmall))
	res.AppendHeader(minSE(d.agent.offeredTerms().least))
	return res
}

// notNow refuses a change of the session while another is under way, which is ours or theirs (RFC 3261 section 14.2).
func (d *Dialog) notNow(req *sip.Request, ours bool) *sip.Response {
	if ours {
		return answerTo(req, sip.StatusRequestPending, reasonPhrase(sip.StatusRequestPending))
	}
	res := answerTo(req, sip.StatusInternalServerError, reasonPhrase(sip.StatusInternalServerError))
	res.AppendHeader(sip.NewHeader("Retry-After", strconv.Itoa(1+rand.IntN(9))))
	return res
}

// answerChange makes the response to a change of the session.
func (d *Dialog) answerChange(req *sip.Request, s *session, r reply, granted tenure) *sip.Response {
	res := answerTo(req, r.status, reasonPhrase(r.status))
	if res.IsSuccess() {
		s.refresh(req)
		s.proposed(r.sdp)
		res.AppendHeader(s.contact.Clone())
		res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
		res.AppendHeader(sip.NewHeader("Supported", d.agent.supported(false)))
		granted.write(res, req)
		d.lease.grant(granted)
	}
	setBody(res, "application/sdp", r.sdp)
	return res
}

// ask emits a Reinvite and waits for its Respond, within limits.
func (d *Dialog) ask(sdp []byte) reply {
	answered := make(chan reply, 1)
	var once sync.Once
	respond := func(status int, sdp []byte) {
		once.Do(func() { answered <- reply{status, sdp} })
	}
	over := reply{status: sip.StatusCallTransactionDoesNotExists}
	timer := time.NewTimer(d.agent.timing.reinvite)
	defer timer.Stop()
	if !d.post(Reinvite{SDP: sdp, Respond: respond}) {
		return over
	}
	select {
	case r := <-answered:
		if r.status < 200 || r.status > 699 {
			return reply{status: sip.StatusInternalServerError}
		}
		return r
	case <-timer.C:
		return reply{status: sip.StatusNotAcceptableHere}
	case <-d.abandoned:
		return over
	}
}

func reasonPhrase(status int) string {
	switch status {
	case sip.StatusRinging:
		return "Ringing"
	case sip.StatusSessionInProgress:
		return "Session Progress"
	case sip.StatusOK:
		return "OK"
	case sip.StatusCallTransactionDoesNotExists:
		return "Call/Transaction Does Not Exist"
	case sip.StatusNotAcceptableHere:
		return "Not Acceptable Here"
	case statusIntervalTooSmall:
		return "Session Interval Too Small"
	case sip.StatusRequestPending:
		return "Request Pending"
	case sip.StatusAccepted:
		return "Accepted"
	case sip.StatusBadRequest:
		return "Bad Request"
	case sip.StatusNotImplemented:
		return "Not Implemented"
	case statusUnsupportedScheme:
		return "Unsupported URI Scheme"
	case sip.StatusForbidden:
		return "Forbidden"
	case sip.StatusNotFound:
		return "Not Found"
	case sip.StatusTemporarilyUnavailable:
		return "Temporarily Unavailable"
	case sip.StatusBusyHere:
		return "Busy Here"
	case sip.StatusGlobalDecline:
		return "Decline"
	default:
		return "Server Internal Error"
	}
}
