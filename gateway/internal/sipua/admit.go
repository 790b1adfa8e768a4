package sipua

import (
	"net"

	"github.com/emiago/sipgo/sip"
)

// arrival is what the copies of one INVITE have in common that reach us over several proxies (RFC 3261 section
// 8.2.2.2).
type arrival struct {
	callID, tag string
	cseq        uint32
}

// admit looks at an INVITE that is for nobody yet, and either refuses it or makes a call of it, which it then carries
// to its end.
func (a *Agent) admit(req *sip.Request, tx *sip.ServerTx) {
	d := a.newDialog(InviteParams{CallID: req.CallID().Value(), Account: a.called(req), Handle: func(Event) {}})
	key := arrival{d.p.CallID, tagOf(req.From().Params), req.CSeq().SeqNo}
	if res := a.enrol(d, key, req); res != nil {
		a.refuse(tx, res)
		return
	}
	defer func() {
		a.forget(d)
		a.arrived(key)
		close(d.done)
	}()
	contact, place, res := a.examine(d, req, tx.Connection().LocalAddr())
	if res != nil {
		a.refuse(tx, res)
		return
	}
	c := &callee{d: d, in: a.incoming(d, req), req: req, tx: tx, contact: contact, sess: sessionWith(d, req, contact), place: place}
	d.meet(c.sess)
	c.run()
	if !c.rang && d.session() == nil && d.p.Account.Login == "" {
		a.stats.refused.Add(1)
		tx.Terminate() // a stranger is told once
	}
}

func (a *Agent) refuse(tx *sip.ServerTx, res *sip.Response) {
	a.stats.refused.Add(1)
	a.respond(tx, res)
}

// enrol makes a place for a call, or a refusal.
func (a *Agent) enrol(d *Dialog, key arrival, req *sip.Request) *sip.Response {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case a.closed:
		return answerTo(req, sip.StatusServiceUnavailable, "Service Unavailable")
	case a.arriving[key]:
		return answerTo(req, sip.StatusLoopDetected, "Loop Detected")
	}
	a.arriving[key] = true
	a.dialogs[d.key()] = d
	return nil
}

func (a *Agent) arrived(key arrival) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.arriving, key)
}

// examine checks what a call asks for, and finds our address and the dialog whose place it is to take.
func (a *Agent) examine(d *Dialog, req *sip.Request, socket net.Addr) (contact *sip.ContactHeader, p place, refusal *sip.Response) {
	if lacking := a.unsupported(req); len(lacking) > 0 {
		return nil, p, badExtension(req, lacking)
	}
	if len(req.Body()) > 0 && len(sdpOf(req)) == 0 {
		res := answerTo(req, sip.StatusUnsupportedMediaType, "Unsupported Media Type")
		res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
		return nil, p, res
	}
	if contactOf(req) == nil || tagOf(req.From().Params) == "" {
		return nil, p, answerTo(req, sip.StatusBadRequest, "Contact or tag is missing")
	}
	if _, ok := d.concede(req); !ok {
		return nil, p, d.tooFast(req)
	}
	contact, err := a.contactFor(req, socket)
	if err != nil {
		d.log.Warn("no address for a caller", "error", err)
		return nil, p, answerTo(req, sip.StatusInternalServerError, "Server Internal Error")
	}
	p, refusal = a.replaced(req)
	return contact, p, refusal
}
