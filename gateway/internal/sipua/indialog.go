package sipua

import (
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// serve answers a request of the other side inside the dialog.
func (d *Dialog) serve(req *sip.Request, tx *sip.ServerTx) {
	if d.session() == nil && req.Method != sip.BYE {
		d.agent.respond(tx, answerTo(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist"))
		return
	}
	if h := req.GetHeader("Require"); h != nil && strings.TrimSpace(h.Value()) != "" {
		res := answerTo(req, sip.StatusBadExtension, "Bad Extension")
		res.AppendHeader(sip.NewHeader("Unsupported", h.Value()))
		d.agent.respond(tx, res)
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
	case sip.INVITE, sip.UPDATE:
		d.change(req, tx)
	default:
		d.agent.respond(tx, answerTo(req, sip.StatusNotImplemented, "Not Implemented"))
	}
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

type reply struct {
	status int
	sdp    []byte
}

// change has a re-INVITE or an UPDATE answered by the owner of the call.
func (d *Dialog) change(req *sip.Request, tx *sip.ServerTx) {
	if !d.changing.CompareAndSwap(false, true) {
		res := answerTo(req, sip.StatusInternalServerError, "Server Internal Error")
		res.AppendHeader(sip.NewHeader("Retry-After", "1")) // RFC 3261 section 14.2
		d.agent.respond(tx, res)
		return
	}
	defer d.changing.Store(false)
	select {
	case <-d.acks: // left over from an earlier change
	default:
	}
	r := reply{status: sip.StatusOK}
	if req.IsInvite() || len(sdpOf(req)) > 0 {
		r = d.ask(sdpOf(req))
	}
	res := answerTo(req, r.status, reasonPhrase(r.status))
	if res.IsSuccess() {
		s := d.session()
		s.refresh(req)
		res.AppendHeader(s.contact.Clone())
		res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	}
	if len(r.sdp) > 0 {
		t := sip.ContentTypeHeader("application/sdp")
		res.AppendHeader(&t)
		res.SetBody(r.sdp)
	}
	d.agent.respond(tx, res)
	if req.IsInvite() && res.IsSuccess() {
		d.awaitAck(req, tx, res)
	}
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
	case sip.StatusOK:
		return "OK"
	case sip.StatusCallTransactionDoesNotExists:
		return "Call/Transaction Does Not Exist"
	case sip.StatusNotAcceptableHere:
		return "Not Acceptable Here"
	case sip.StatusRequestPending:
		return "Request Pending"
	default:
		return "Server Internal Error"
	}
}

// awaitAck repeats our 2xx until it is acknowledged: the transaction layer does not (RFC 3261 section 13.3.1.4). A
// peer that never does is left.
func (d *Dialog) awaitAck(req *sip.Request, tx *sip.ServerTx, res *sip.Response) {
	pause := sip.T1
	deadline := time.NewTimer(d.agent.timing.ack)
	defer deadline.Stop()
	for {
		select {
		case seq := <-d.acks:
			if seq == req.CSeq().SeqNo {
				return
			}
		case <-tx.Acks():
			return
		case <-time.After(pause):
			d.agent.respond(tx, res)
			pause = min(2*pause, sip.T2)
		case <-deadline.C:
			d.abandon(byUs, "the other side did not acknowledge")
			return
		case <-d.abandoned:
			return
		}
	}
}

// acknowledged is told each ACK that arrives in the dialog.
func (d *Dialog) acknowledged(ack *sip.Request) {
	select {
	case d.acks <- ack.CSeq().SeqNo:
	default:
	}
}
