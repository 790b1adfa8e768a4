package sipua

import (
	"time"

	"github.com/emiago/sipgo/sip"
)

// serve answers a request of the other side inside the dialog.
func (d *Dialog) serve(req *sip.Request, tx *sip.ServerTx) {
	if d.session() == nil && req.Method != sip.BYE && req.Method != sip.PRACK {
		d.agent.respond(tx, d.tooEarly(req))
		return
	}
	if lacking := d.agent.unsupported(req); len(lacking) > 0 {
		d.agent.respond(tx, badExtension(req, lacking))
		return
	}
	if len(req.GetHeaders("Replaces")) > 0 && !req.IsInvite() { // RFC 3891 section 3
		d.agent.respond(tx, answerTo(req, sip.StatusBadRequest, "Replaces is for INVITE"))
		return
	}
	switch req.Method {
	case sip.BYE:
		d.agent.respond(tx, answerTo(req, sip.StatusOK, "OK"))
		d.depart(req)
	case sip.INFO:
		d.agent.respond(tx, answerTo(req, sip.StatusOK, "OK"))
		d.post(infoOf(req))
	case sip.OPTIONS:
		d.agent.respond(tx, capabilities(req))
	case sip.PRACK:
		d.agent.respond(tx, d.announced(req))
	case sip.REFER:
		d.referred(req, tx)
	case sip.NOTIFY:
		d.notified(req, tx)
	case sip.INVITE, sip.UPDATE:
		d.consider(req, tx)
	default:
		d.agent.respond(tx, answerTo(req, sip.StatusNotImplemented, "Not Implemented"))
	}
}

// tooEarly refuses a request that may have overtaken the 2xx before it. That the call does not exist must not be said of one
// that is about to: it would end it (RFC 5057 section 5.1).
func (d *Dialog) tooEarly(req *sip.Request) *sip.Response {
	if d.isAbandoned() {
		return answerTo(req, sip.StatusCallTransactionDoesNotExists, reasonPhrase(sip.StatusCallTransactionDoesNotExists))
	}
	res := answerTo(req, sip.StatusInternalServerError, reasonPhrase(sip.StatusInternalServerError))
	res.AppendHeader(sip.NewHeader("Retry-After", "1"))
	return res
}

// depart notes that the other side left. Their BYE may overtake their own 2xx: then the call ends before it began.
func (d *Dialog) depart(bye *sip.Request) {
	text := "the other side hung up"
	if h := bye.GetHeader("Reason"); h != nil {
		text = h.Value()
	}
	d.abandon(byThem, text)
	d.mu.Lock()
	defer d.mu.Unlock()
	select {
	case <-d.byed:
	default:
		close(d.byed)
	}
}

func infoOf(req *sip.Request) InfoReceived {
	info := InfoReceived{Body: req.Body()}
	if t := req.ContentType(); t != nil {
		info.ContentType = t.Value()
	}
	return info
}

// post hands an event to the dialog's goroutine. It reports false if the dialog is over.
func (d *Dialog) post(ev Event) bool {
	select {
	case d.inbox <- ev:
		return true
	case <-d.abandoned:
		return false
	case <-d.done:
		return false
	}
}

// awaitAck repeats our 2xx until it is acknowledged: the transaction layer does not (RFC 3261 section 13.3.1.4). A
// peer that never does is left. It returns the ACK, or nil.
func (d *Dialog) awaitAck(req *sip.Request, tx *sip.ServerTx, res *sip.Response) *sip.Request {
	pause := sip.T1
	deadline := time.NewTimer(d.agent.timing.ack)
	defer deadline.Stop()
	for {
		select {
		case ack := <-d.acks:
			if ack.CSeq().SeqNo == req.CSeq().SeqNo {
				return ack
			}
		case ack := <-tx.Acks():
			return ack
		case <-time.After(pause):
			d.agent.respond(tx, res)
			pause = min(2*pause, sip.T2)
		case <-deadline.C:
			d.abandon(byUs, "the other side did not acknowledge")
			return nil
		case <-d.abandoned:
			return nil
		}
	}
}

// acknowledged is told each ACK that arrives in the dialog.
func (d *Dialog) acknowledged(ack *sip.Request) {
	select {
	case d.acks <- ack:
	default:
	}
}
