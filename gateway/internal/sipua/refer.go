package sipua

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/emiago/sipgo/sip"
)

// statusBadEvent refuses a NOTIFY about something else (RFC 6665).
const statusBadEvent = 489

var (
	errNoTarget  = errors.New("a transfer needs a target or a call to take the place of")
	errReferring = errors.New("another transfer is under way")
)

// referral is a transfer that we asked for.
type referral struct{ heard chan struct{} } // holds one item when the other side told of it

func (r *referral) hear() {
	select {
	case r.heard <- struct{}{}:
	default:
	}
}

// Refer asks the other side to call somebody else (RFC 3515): target, or, when other is given, the other side of that
// call, which it is to take the place of (RFC 3891). It returns once the other side agreed or refused, which is a
// *StatusError. How the transfer goes on is told by Transfer events.
func (d *Dialog) Refer(ctx context.Context, target string, other *Dialog) error {
	s := d.session()
	if s == nil || d.isAbandoned() {
		return ErrNotEstablished
	}
	to, err := d.referTarget(target, other)
	if err != nil {
		return err
	}
	if !d.agent.enter(func() { err = d.refer(ctx, s, to) }) {
		return errClosed
	}
	return err
}

// referTarget is the address the other side is sent to.
func (d *Dialog) referTarget(target string, other *Dialog) (sip.Uri, error) {
	if other == nil {
		if target == "" {
			return sip.Uri{}, errNoTarget
		}
		return calleeURI(target, d.p.Account.Domain)
	}
	s := other.session()
	if s == nil {
		return sip.Uri{}, ErrNotEstablished
	}
	s.mu.Lock()
	to := *s.target.Clone()
	s.mu.Unlock()
	if target != "" {
		var err error
		if to, err = calleeURI(target, d.p.Account.Domain); err != nil {
			return to, err
		}
	}
	who := replaces{callID: s.id.callID, toTag: s.remoteTag, fromTag: other.tag}
	to.Headers = sip.NewParams()
	to.Headers.Add("Replaces", url.QueryEscape(who.String()))
	return to, nil
}

func (d *Dialog) refer(ctx context.Context, s *session, to sip.Uri) error {
	ctx, stop := until(ctx, d.abandoned)
	defer stop()
	own := &referral{heard: make(chan struct{}, 1)}
	if !d.referral.CompareAndSwap(nil, own) { // before the response, which the first NOTIFY may overtake
		return errReferring
	}
	res, err := s.do(ctx, sip.REFER, "", nil, func(req *sip.Request) {
		req.AppendHeader(s.contact.Clone())
		req.AppendHeader(sip.NewHeader("Refer-To", "<"+to.String()+">"))
		req.AppendHeader(sip.NewHeader("Referred-By", "<"+s.id.from.Address.String()+">"))
	})
	switch {
	case res == nil:
		d.referral.CompareAndSwap(own, nil)
		return d.lost(err)
	case !res.IsSuccess():
		d.referral.CompareAndSwap(own, nil)
		return &StatusError{Status: res.StatusCode, Reason: res.Reason}
	}
	if h := res.GetHeader("Refer-Sub"); h != nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Value())), "false") {
		d.referral.CompareAndSwap(own, nil) // it will not tell (RFC 4488)
		d.post(Transfer{Status: res.StatusCode, Text: res.Reason, Final: true})
		return nil
	}
	d.agent.spawn(func() { d.awaitWord(own) })
	return nil
}

// awaitWord gives a transfer up that the other side does not speak of.
func (d *Dialog) awaitWord(own *referral) {
	defer d.agent.contain("sip transfer")
	patience := time.NewTimer(d.agent.timing.word)
	defer patience.Stop()
	for d.referral.Load() == own {
		select {
		case <-patience.C:
			if d.referral.CompareAndSwap(own, nil) {
				d.post(Transfer{Text: "the other side does not tell what becomes of the transfer", Final: true})
			}
			return
		case <-own.heard:
			patience.Reset(d.agent.timing.ring)
		case <-d.abandoned:
			return
		}
	}
}

// notified takes a NOTIFY about a transfer we asked for (RFC 3515 section 2.4.4).
func (d *Dialog) notified(req *sip.Request, tx *sip.ServerTx) {
	event := ""
	if h := header(req, "Event", "o"); h != nil {
		event, _, _ = strings.Cut(h.Value(), ";")
	}
	if !strings.EqualFold(strings.TrimSpace(event), "refer") {
		d.agent.respond(tx, answerTo(req, statusBadEvent, "Bad Event"))
		return
	}
	own := d.referral.Load()
	if own == nil {
		d.agent.respond(tx, answerTo(req, sip.StatusCallTransactionDoesNotExists, "Subscription Does Not Exist"))
		return
	}
	d.agent.respond(tx, answerTo(req, sip.StatusOK, "OK"))
	status, text, ok := sipfrag(req.Body())
	over := false
	if h := header(req, "Subscription-State"); h != nil {
		over = strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Value())), "terminated")
	}
	if !ok && !over {
		own.hear()
		return
	}
	t := Transfer{Status: status, Text: text, Final: over || status >= 200}
	if t.Final && status < 200 {
		t.Text = "the other side ended the transfer without saying what became of it"
	}
	if t.Final && !d.referral.CompareAndSwap(own, nil) {
		return // the last one was told
	}
	own.hear()
	d.post(t)
}

// sipfrag reads the status line that a NOTIFY about a transfer holds (RFC 3420).
func sipfrag(body []byte) (status int, text string, ok bool) {
	line, _, _ := strings.Cut(string(body), "\n")
	version, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	code, text, _ := strings.Cut(rest, " ")
	if version != "SIP/2.0" || len(code) != 3 {
		return 0, "", false
	}
	for _, c := range []byte(code) {
		if c < '0' || c > '9' {
			return 0, "", false
		}
		status = status*10 + int(c-'0')
	}
	return status, text, status >= 100 && status < 700
}
