package sipua

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// statusBadEvent refuses a NOTIFY about something else (RFC 6665).
const statusBadEvent = 489

var errNoTarget = errors.New("a transfer needs a target or a call to take the place of")

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
	d.referring.Store(true) // the first NOTIFY may overtake the response
	res, err := s.do(ctx, sip.REFER, "", nil, func(req *sip.Request) {
		req.AppendHeader(s.contact.Clone())
		req.AppendHeader(sip.NewHeader("Refer-To", "<"+to.String()+">"))
		req.AppendHeader(sip.NewHeader("Referred-By", "<"+s.id.from.Address.String()+">"))
	})
	switch {
	case res == nil:
		d.referring.Store(false)
		return d.lost(err)
	case !res.IsSuccess():
		d.referring.Store(false)
		return &StatusError{Status: res.StatusCode, Reason: res.Reason}
	}
	if h := res.GetHeader("Refer-Sub"); h != nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Value())), "false") {
		d.referring.Store(false) // it will not tell (RFC 4488)
		d.post(Transfer{Status: res.StatusCode, Text: res.Reason, Final: true})
	}
	return nil
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
	if !d.referring.Load() {
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
		return
	}
	t := Transfer{Status: status, Text: text, Final: over || status >= 200}
	if t.Final && !d.referring.CompareAndSwap(true, false) {
		return // the last one was told
	}
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
