package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// handle is given every request from the network, each in a goroutine of sipgo's.
func (a *Agent) handle(req *sip.Request, tx *sip.ServerTx) {
	if !a.enter(func() { a.dispatch(req, tx) }) {
		_ = tx.Connection().Close() // a request that comes this late makes sipgo open a socket for the answer
	}
	tx.TerminateGracefully()
}

func (a *Agent) dispatch(req *sip.Request, tx *sip.ServerTx) {
	if !wellFormed(req) {
		return
	}
	d := a.find(req)
	switch {
	case req.IsAck():
		if d != nil {
			d.acknowledged(req)
		}
	case d != nil:
		d.serve(req, tx)
	default:
		a.receiveStranger(req, tx)
	}
}

// find returns the dialog a request belongs to (RFC 3261 section 12.2.2).
func (a *Agent) find(req *sip.Request) *Dialog {
	a.mu.Lock()
	d := a.dialogs[dialogKey{req.CallID().Value(), tagOf(req.To().Params)}]
	a.mu.Unlock()
	if d == nil {
		return nil
	}
	if s := d.session(); s != nil && s.remoteTag != tagOf(req.From().Params) {
		return nil
	}
	return d
}

func (a *Agent) forget(d *Dialog) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.dialogs, d.key())
}

// receiveStranger answers a request outside any dialog of ours.
func (a *Agent) receiveStranger(req *sip.Request, tx *sip.ServerTx) {
	if scanner(req) || !a.strangers.take() {
		a.stats.refused.Add(1)
		return
	}
	if req.IsInvite() && tagOf(req.To().Params) == "" && a.params.OnInvite != nil {
		a.admit(req, tx)
		return
	}
	defer tx.Terminate() // keep nothing of a stranger, nor repeat the refusal to one who does not ACK
	switch {
	case tagOf(req.To().Params) != "" || req.IsCancel():
		a.respond(tx, answerTo(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist"))
	case req.Method == sip.OPTIONS:
		a.respond(tx, capabilities(req))
		return
	case req.IsInvite():
		a.respond(tx, answerTo(req, sip.StatusForbidden, "Forbidden"))
	default:
		a.respond(tx, answerTo(req, sip.StatusNotImplemented, "Not Implemented"))
	}
	a.stats.refused.Add(1)
}

func answerTo(req *sip.Request, status int, reason string) *sip.Response {
	return sip.NewResponseFromRequest(req, status, reason, nil)
}

func capabilities(req *sip.Request) *sip.Response {
	res := answerTo(req, sip.StatusOK, "OK")
	res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	res.AppendHeader(sip.NewHeader("Accept", "application/sdp"))
	return res
}

func (a *Agent) respond(tx *sip.ServerTx, res *sip.Response) {
	if err := tx.Respond(res); err != nil {
		a.log.Debug("sip response not sent", "status", res.StatusCode, "error", err)
	}
}

// scanner reports whether a request comes from a tool that looks for open gateways. An answer, even a refusal, tells
// it that there is one.
func scanner(req *sip.Request) bool {
	h := req.GetHeader("User-Agent")
	if h == nil {
		return false
	}
	agent := strings.ToLower(h.Value())
	for _, name := range [...]string{
		"friendly-scanner", "sipvicious", "sipcli", "sip-scan", "sipsak", "sundayddr", "pplsip", "vaxsipuseragent",
		"iwar", "sivus", "gulp", "smap", "friendly-request", "eyebeam-scan",
	} {
		if strings.Contains(agent, name) {
			return true
		}
	}
	return false
}
