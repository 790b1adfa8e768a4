package sipua

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"time"

	"github.com/emiago/sipgo/sip"
)

var (
	errAbandoned = errors.New("abandoned before the INVITE was sent")
	errGaveUp    = errors.New("gave up waiting")
	errNoSign    = errors.New("the server says nothing")
)

// invitation is one INVITE under way.
type invitation struct {
	d         *Dialog
	req       *sip.Request
	tx        *sip.ClientTx
	last      *sip.Response // the last response
	cancelled bool
	forks     map[string]*fork // by tag; belongs to the dialog's goroutine

	takers   <-chan Event        // who wants the callee's place; nil for a re-INVITE
	quit     <-chan struct{}     // closed when the answer is no longer wanted
	patience <-chan time.Time    // until there is to be a response of any kind; nil = as long as RFC 3261 waits
	progress func(*sip.Response) // told the provisional responses
	late     func(*sip.Response) // told a 2xx that nobody waits for any more
}

// pursue invites the callee, and whomever a 3xx names instead, until someone answers. It returns the last response
// and the INVITE it belongs to.
func (d *Dialog) pursue() (*sip.Response, *invitation, error) {
	if d.p.NoAnswer > 0 {
		timer := time.AfterFunc(d.p.NoAnswer, func() { d.abandon(byNoAnswer, "no answer") })
		defer timer.Stop()
	}
	first, err := d.prepare()
	if err != nil {
		return nil, nil, err
	}
	var res *sip.Response
	var inv *invitation
	tried := newTargets(first)
	for target, ok := tried.next(); ok; target, ok = tried.next() {
		res, inv, err = d.try(target)
		if d.isAbandoned() {
			break
		}
		if res != nil {
			if res.IsSuccess() || res.IsGlobalError() {
				break
			}
			if res.IsRedirection() {
				tried.follow(res)
			}
		}
	}
	return res, inv, err
}

// prepare checks what the caller gave and makes the call's identity and first target of it.
func (d *Dialog) prepare() (sip.Uri, error) {
	if !word(d.p.CallID) {
		return sip.Uri{}, fmt.Errorf("%w: call id %q", errBadAddress, d.p.CallID)
	}
	target, err := calleeURI(d.p.Callee, d.p.Account.Domain)
	if err != nil {
		return target, fmt.Errorf("callee: %w", err)
	}
	d.id, err = newIdentity(d.p.CallID, d.tag, d.p.Account, d.p.VisibleName, target)
	if err != nil {
		return target, fmt.Errorf("account: %w", err)
	}
	return atAccountPort(d.p.Account, target)
}

// try invites one target, at one of its servers after the other if there are several.
func (d *Dialog) try(target sip.Uri) (res *sip.Response, inv *invitation, err error) {
	h, err := firstHop(d.p.Account, target)
	if err != nil {
		return nil, nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), d.agent.timing.resolve)
	defer cancel()
	way, stop := until(ctx, d.abandoned)
	remotes, err := d.agent.addresses(way, h)
	stop()
	for i, remote := range remotes {
		h.remote = remote
		res, inv, err = d.tryAt(target, h, i < len(remotes)-1)
		if !d.isAbandoned() {
			d.agent.silent.note(remote, inv != nil && inv.last != nil)
		}
		if d.isAbandoned() || !elsewhere(res, err) {
			break
		}
	}
	return res, inv, err
}

// tryAt invites one target at one server, meeting challenges. If there are more servers, one that says nothing is given up
// before its time.
func (d *Dialog) tryAt(target sip.Uri, h hop, more bool) (*sip.Response, *invitation, error) {
	d.creds.begin()
	for {
		if d.isAbandoned() {
			return nil, nil, errAbandoned
		}
		inv, err := d.invite(target, h)
		if err != nil {
			return nil, nil, err
		}
		if more {
			inv.patience = time.After(d.agent.timing.turn)
		}
		res, err := inv.await()
		if errors.Is(err, errNoSign) {
			d.agent.spawn(inv.linger)
		}
		if err != nil || d.isAbandoned() || !challenges(res) && !d.terms.raise(res) {
			return res, inv, err
		}
		if !challenges(res) {
			continue
		}
		if err := d.creds.learn(res); err != nil {
			return res, inv, &authError{err}
		}
	}
}

// invite sends one INVITE.
func (d *Dialog) invite(target sip.Uri, h hop) (*invitation, error) {
	a := d.agent
	ctx, cancel := context.WithTimeout(context.Background(), a.timing.dial)
	defer cancel()
	way, stop := until(ctx, d.abandoned)
	p, err := a.path(way, h)
	stop()
	if err != nil {
		return nil, err
	}
	req := a.request(sip.INVITE, target, d.id, d.cseq.Add(1))
	if h.route != nil {
		req.AppendHeader(&sip.RouteHeader{Address: *h.route})
	}
	req.AppendHeader(p.contact(d.p.Account.Login))
	p.stamp(req)
	d.describe(req, "")
	d.introduce(req)
	setBody(req, "application/sdp", d.p.SDP)
	inv := &invitation{d: d, req: req, takers: d.inbox, quit: d.abandoned, forks: make(map[string]*fork)}
	inv.progress, inv.late = inv.told, inv.reject
	d.reachAnew(req.Contact())
	return inv, inv.send(ctx)
}

// introduce says on whose behalf we call, instead of whom, and what we insist on.
func (d *Dialog) introduce(req *sip.Request) {
	if d.p.ReferredBy != "" {
		req.AppendHeader(sip.NewHeader("Referred-By", "<"+d.p.ReferredBy+">"))
	}
	if d.p.Replaces != "" {
		req.AppendHeader(sip.NewHeader("Replaces", d.p.Replaces))
	}
	if d.p.Require != "" {
		req.AppendHeader(sip.NewHeader("Require", d.p.Require))
	}
}

// told hands a provisional response up.
func (inv *invitation) told(res *sip.Response) {
	if res.StatusCode == sip.StatusTrying || res.To() == nil {
		inv.d.emit(Provisional{Status: res.StatusCode, Reason: res.Reason, SDP: sdpOf(res)})
		return
	}
	if s := inv.reached(res); inv.fresh(s, res) {
		inv.d.emit(Provisional{Status: res.StatusCode, Reason: res.Reason, SDP: s.news(sdpOf(res))})
	}
}

// describe adds to an INVITE or UPDATE what we can do and what we ask of the session timer.
func (d *Dialog) describe(req *sip.Request, refresher string) {
	req.AppendHeader(sip.NewHeader("Allow", allowedMethods))
	req.AppendHeader(sip.NewHeader("Supported", d.agent.supported(tagOf(req.To().Params) == "")))
	d.terms.write(req, refresher)
}

// send puts the INVITE on the network.
func (inv *invitation) send(ctx context.Context) error {
	if err := inv.d.creds.apply(inv.req); err != nil {
		return err
	}
	tx, err := inv.d.agent.tx.Request(ctx, inv.req)
	if err != nil {
		return fmt.Errorf("send INVITE: %w", err)
	}
	inv.tx = tx
	tx.OnRetransmission(inv.repeated)
	return nil
}

// unwanted reports whether the answer is no longer waited for.
func (inv *invitation) unwanted() bool {
	select {
	case <-inv.quit:
		return true
	default:
		return false
	}
}

// await tells of provisional responses and returns the final one. Once that is unwanted it sends CANCEL as soon as RFC 3261 section 9.1 allows, and waits for so long and no longer.
func (inv *invitation) await() (*sip.Response, error) {
	quit := inv.quit
	var giveUp <-chan time.Time
	for {
		select {
		case res := <-inv.tx.Responses():
			inv.last = res
			if !res.IsProvisional() {
				return res, nil
			}
			if inv.unwanted() {
				inv.cancel()
				continue
			}
			inv.progress(res)
		case ev := <-inv.takers:
			inv.d.emit(ev)
		case <-inv.tx.Done():
			return inv.last, fmt.Errorf("INVITE: %w", inv.tx.Err())
		case <-quit:
			quit = nil
			giveUp = time.After(inv.d.agent.timing.hangup)
			inv.cancel()
		case <-inv.patience:
			if inv.last == nil {
				return nil, errNoSign
			}
		case <-giveUp:
			return inv.last, errGaveUp
		case <-inv.d.agent.cut:
			return inv.last, errClosed
		}
	}
}

// cancel sends CANCEL once, if there was a provisional response.
func (inv *invitation) cancel() {
	if inv.cancelled || inv.last == nil {
		return
	}
	inv.cancelled = true
	a := inv.d.agent
	a.spawn(func() {
		defer a.contain("sip cancel")
		ctx, stop := context.WithTimeout(context.Background(), a.timing.linger)
		defer stop()
		if _, err := a.roundTrip(ctx, cancelOf(inv.req)); err != nil {
			inv.d.log.Debug("cancel not answered", "error", err)
		}
	})
}

// cancelOf builds the CANCEL of a request: the same transaction id, target and route (RFC 3261 section 9.1).
func cancelOf(invite *sip.Request) *sip.Request {
	req := sip.NewRequest(sip.CANCEL, invite.Recipient)
	req.AppendHeader(invite.Via().Clone())
	sip.CopyHeaders("Route", invite, req)
	forwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	for _, name := range []string{"From", "To", "Call-ID", "User-Agent"} {
		sip.CopyHeaders(name, invite, req)
	}
	req.AppendHeader(&sip.CSeqHeader{SeqNo: invite.CSeq().SeqNo, MethodName: sip.CANCEL})
	req.SetBody(nil)
	req.SetTransport(invite.Transport())
	req.SetDestination(invite.Destination())
	req.Laddr = invite.Laddr
	return req
}

// repeated is told each further 2xx by sipgo: the one we know is acknowledged again, one from another branch of a
// forked call is acknowledged and ended.
func (inv *invitation) repeated(res *sip.Response) {
	inv.d.agent.enter(func() {
		s := inv.d.session()
		if s == nil || res.To() == nil {
			return // it comes again
		}
		if tagOf(res.To().Params) != s.remoteTag {
			inv.reject(res)
			return
		}
		if err := s.repeatAck(res.CSeq().SeqNo); err != nil {
			inv.d.log.Debug("ack not repeated", "error", err)
		}
	})
}

// reject ends a call that was answered although nobody wants it any more.
func (inv *invitation) reject(res *sip.Response) {
	ctx, stop := context.WithTimeout(context.Background(), inv.d.agent.timing.hangup)
	defer stop()
	s := newSession(inv.d, inv.req, res)
	if err := s.acknowledge(ctx, inv.req); err != nil {
		inv.d.log.Debug("ack not sent", "error", err)
	}
	if _, err := s.do(ctx, sip.BYE, "", nil); err != nil {
		inv.d.log.Debug("bye not answered", "error", err)
	}
}

// linger stays with an INVITE that was given up, so that a callee who wakes up late does not ring or talk to nobody.
func (inv *invitation) linger() {
	defer inv.d.agent.contain("sip linger")
	defer inv.tx.Terminate()
	deadline := time.NewTimer(inv.d.agent.timing.linger)
	defer deadline.Stop()
	for {
		select {
		case res := <-inv.tx.Responses():
			inv.last = res
			switch {
			case res.IsProvisional():
				inv.cancel()
			case res.IsSuccess():
				inv.late(res)
				return
			default:
				return
			}
		case <-inv.tx.Done():
			return
		case <-deadline.C:
			return
		case <-inv.d.agent.life.Done():
			return
		}
	}
}

func isSDP(contentType string) bool {
	t, _, err := mime.ParseMediaType(contentType)
	return err == nil && t == "application/sdp"
}
