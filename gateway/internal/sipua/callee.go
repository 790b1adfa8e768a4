package sipua

import (
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"
)

// statusServerTimeout is the refusal of a caller who does not acknowledge.
const statusServerTimeout = 504

// callee is our side of a call that somebody else places.
type callee struct {
	d       *Dialog
	in      *Incoming
	req     *sip.Request
	tx      *sip.ServerTx
	contact *sip.ContactHeader
	sess    *session
	place   place // that this call is to take
	rseq    uint32
	rang    bool   // the caller was told something before the end
	early   []byte // the answer to our early offer
}

// run is the life of the call.
func (c *callee) run() {
	d := c.d
	var last Event = Ended{Text: "internal error"}
	var answered bool
	defer func() {
		if !d.isAbandoned() {
			d.abandon(byUs, "internal error")
			c.respond(c.response(order{status: sip.StatusInternalServerError}))
		}
		if !answered {
			c.close()
		}
		d.emit(last)
	}()
	defer d.agent.contain("sip incoming call")
	if !c.tx.OnCancel(func(*sip.Request) { d.abandon(byThem, "the caller gave up") }) {
		d.abandon(byThem, "the caller gave up")
	}
	var o order
	if last, o = c.attend(); o.took() {
		answered = true
		last = c.talk(o)
	}
}

// close takes leave of the owner of a call that was not answered.
func (c *callee) close() {
	if handle := c.in.end(); handle != nil {
		c.d.p.Handle = handle
	}
	close(c.in.gone)
}

// took reports whether an order answers the call.
func (o order) took() bool { return o.handle != nil }

// attend carries out the owner's orders until one of them, or somebody else, decides. It returns the order that
// answers the call, or the last event of a call that was not answered.
func (c *callee) attend() (Event, order) {
	gone := c.present()
	limit := time.NewTimer(c.d.agent.timing.ring)
	defer limit.Stop()
	for {
		select {
		case <-c.in.wake:
		case <-limit.C:
			c.d.abandon(byUs, "nobody answered")
		case <-c.tx.Done():
			c.d.abandon(byThem, "the connection to the caller is lost")
		case <-gone:
			c.in.Reject(sip.StatusGlobalDecline, "") // unless it was answered
			gone = nil
		case <-c.d.abandoned:
		}
		for !c.d.isAbandoned() {
			o, ok := c.in.next()
			if !ok {
				break
			}
			switch {
			case o.took():
				c.d.p.Handle = o.handle
				return nil, o
			case o.status >= 300:
				c.d.abandon(byUs, "rejected")
				c.respond(c.response(o))
				return Ended{Text: "rejected"}, order{}
			default:
				c.announce(o)
			}
		}
		if c.d.isAbandoned() {
			return c.decline(), order{}
		}
	}
}

// present tells of the call whoever is to decide on it: the owner of the dialog whose place it is to take, if there is one. gone
// is closed when that dialog has no place to take any more.
func (c *callee) present() (gone <-chan struct{}) {
	if c.place.of == nil {
		c.d.agent.params.OnInvite(c.in)
		return nil
	}
	select {
	case c.place.of.inbox <- Replacing{c.in, c.place.earlyOnly}:
	case <-c.place.of.abandoned:
	case <-c.d.abandoned:
	}
	return c.place.of.abandoned
}

// decline is the final response to a call that ends before it was answered. A CANCEL has had it from sipgo.
func (c *callee) decline() Event {
	why := c.d.reason()
	status := sip.StatusTemporarilyUnavailable
	if why.by == byThem {
		status = sip.StatusRequestTerminated
	}
	c.respond(c.response(order{status: status}))
	return Ended{Remote: why.by == byThem, Text: why.text}
}

// response makes a response of our side of the dialog.
func (c *callee) response(o order) *sip.Response {
	reason := o.reason
	if reason == "" {
		reason = reasonPhrase(o.status)
	}
	res := answerTo(c.req, o.status, reason)
	res.To().Params.Add("tag", c.d.tag)
	if o.status < 300 {
		res.AppendHeader(c.contact.Clone())
		res.AppendHeader(sip.NewHeader("Allow", allowedMethods))
		res.AppendHeader(sip.NewHeader("Supported", c.d.agent.supported(false)))
	}
	return res
}

func (c *callee) respond(res *sip.Response) { c.d.agent.respond(c.tx, res) }

// announce sends a provisional response, reliably if the caller insists.
func (c *callee) announce(o order) {
	c.rang = true
	res := c.response(o)
	reliable := lists(c.req, "Require", "", "100rel")
	if !reliable {
		setBody(res, "application/sdp", o.sdp)
		c.respond(res)
		return
	}
	c.rseq++
	res.AppendHeader(sip.NewHeader("Require", "100rel"))
	res.AppendHeader(sip.NewHeader("RSeq", fmt.Sprint(c.rseq)))
	setBody(res, "application/sdp", o.sdp)
	c.insist(res, announcement{
		rack:   rack{c.rseq, c.req.CSeq().SeqNo},
		offers: len(o.sdp) > 0 && len(sdpOf(c.req)) == 0,
	})
}

// insist repeats a provisional response until its PRACK arrives, or the call is rejected. A caller who never sends it is
// refused (RFC 3262 section 3).
func (c *callee) insist(res *sip.Response, a announcement) {
	c.d.expect(a)
	deadline := time.NewTimer(c.d.agent.timing.ack)
	defer deadline.Stop()
	for pause := sip.T1; ; pause *= 2 {
		c.respond(res)
		select {
		case prack := <-c.d.pracks:
			if a.offers {
				c.early = sdpOf(prack)
			}
			return
		case <-c.in.rejected:
			return
		case <-time.After(pause):
		case <-deadline.C:
			c.respond(c.response(order{status: statusServerTimeout, reason: "No PRACK"}))
			c.d.abandon(byUs, "the caller did not acknowledge a provisional response")
			return
		case <-c.tx.Done():
			return
		case <-c.d.abandoned:
			return
		}
	}
}

// expect notes which PRACK comes next.
func (d *Dialog) expect(a announcement) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.due = a
}

// announced takes a PRACK and makes its response. An offer in it is refused, as the caller's first is still to be answered; the
// provisional response is acknowledged all the same, and by a PRACK without the offer once more.
func (d *Dialog) announced(req *sip.Request) *sip.Response {
	got, ok := rackOf(req)
	d.mu.Lock()
	due := d.due
	ok = ok && got.rseq > 0 && got == due.rack
	d.due.heard = due.heard || ok
	d.mu.Unlock()
	if !ok {
		return answerTo(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	}
	if !due.heard {
		d.pracks <- req
	}
	if len(sdpOf(req)) > 0 && !due.offers {
		return d.notNow(req, false)
	}
	return answerTo(req, sip.StatusOK, "OK")
}

// talk is the call from our 2xx on.
func (c *callee) talk(o order) Event {
	d, s := c.d, c.sess
	s.proposed(o.sdp)
	granted, _ := d.concede(c.req)
	res := c.response(o)
	granted.write(res, c.req)
	setBody(res, "application/sdp", o.sdp)
	d.turn.try()
	s.agree()
	d.mu.Lock()
	d.sess = s
	d.mu.Unlock()
	c.respond(res)
	ack := d.awaitAck(c.req, c.tx, res)
	d.turn.pass()
	if d.isAbandoned() {
		d.leave(s)
		why := d.reason()
		return Ended{Remote: why.by == byThem, Text: why.text}
	}
	d.lease.grant(granted)
	answered := Answered{Status: res.StatusCode}
	if len(sdpOf(c.req)) == 0 {
		if answered.SDP = sdpOf(ack); len(answered.SDP) == 0 {
			answered.SDP = c.early
		}
	}
	d.emit(answered)
	return d.converse(s)
}
