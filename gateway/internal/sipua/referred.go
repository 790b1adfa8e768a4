package sipua

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// referred has the other side's wish to transfer us decided by the owner of the call (RFC 3515 section 2.4.2).
func (d *Dialog) referred(req *sip.Request, tx *sip.ServerTx) {
	to, refusal := d.referTo(req)
	if refusal != 0 {
		d.agent.respond(tx, answerTo(req, refusal, reasonPhrase(refusal)))
		return
	}
	decided := make(chan int, 1)
	var once sync.Once
	decide := func(status int) { once.Do(func() { decided <- status }) }
	sub := &subscription{d: d, silent: refusesSubscription(req), busy: true}
	by := plain(req.From().Address)
	ev := Referred{
		Target: to.target, Replaces: to.replaces, Require: strings.Join(to.require, ", "), By: by.String(),
		Accept: func() { decide(sip.StatusAccepted) },
		Reject: func(status int) { decide(max(status, 300)) },
		Notify: sub.tell,
	}
	status := sip.StatusGlobalDecline
	timer := time.NewTimer(d.agent.timing.reinvite)
	defer timer.Stop()
	if d.post(ev) {
		select {
		case status = <-decided:
		case <-timer.C:
		case <-d.abandoned:
		}
	}
	decide(status) // what is decided later does not count
	res := answerTo(req, status, reasonPhrase(status))
	if status != sip.StatusAccepted {
		d.agent.respond(tx, res)
		return
	}
	res.AppendHeader(d.session().contact.Clone())
	if sub.silent {
		res.AppendHeader(sip.NewHeader("Refer-Sub", "false"))
	}
	d.agent.respond(tx, res)
	sub.open()
}

// refusesSubscription reports whether the other side does not want to be told (RFC 4488).
func refusesSubscription(req *sip.Request) bool {
	h := req.GetHeader("Refer-Sub")
	return h != nil && strings.HasPrefix(strings.ToLower(strings.TrimSpace(h.Value())), "false")
}

// subscription tells the other side how the transfer it asked for goes on.
type subscription struct {
	d      *Dialog
	silent bool // the other side does not want to be told

	mu    sync.Mutex // guards what follows
	queue []frag
	busy  bool // somebody sends what is queued, or will when the REFER has its response
	over  bool // nothing more is to be told
}

// frag is a status line for the other side.
type frag struct {
	status int
	text   string
}

// open sends the NOTIFY that is due at once, and then what has happened already.
func (s *subscription) open() {
	s.mu.Lock()
	s.queue = slices.Insert(s.queue, 0, frag{sip.StatusTrying, "Trying"})
	s.mu.Unlock()
	s.drain()
}

// tell has a NOTIFY sent. The one with a final status is the last.
func (s *subscription) tell(status int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.over = status >= 200
	if text == "" {
		text = reasonPhrase(status)
	}
	s.queue = append(s.queue, frag{status, text})
	if !s.busy {
		s.busy = s.d.agent.spawn(s.drain)
	}
}

// drain sends what is queued, one after the other.
func (s *subscription) drain() {
	defer s.d.agent.contain("sip notify")
	for {
		s.mu.Lock()
		if len(s.queue) == 0 {
			s.busy = false
			s.mu.Unlock()
			return
		}
		f := s.queue[0]
		s.queue = s.queue[1:]
		s.mu.Unlock()
		if !s.silent {
			s.send(f)
		}
		if f.status >= 200 && f.status < 300 {
			s.d.Hangup("transferred")
		}
	}
}

func (s *subscription) send(f frag) {
	session := s.d.session()
	state := "active;expires=60"
	if f.status >= 200 {
		state = "terminated;reason=noresource"
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.d.agent.timing.hangup)
	defer cancel()
	ctx, stop := until(ctx, s.d.abandoned)
	defer stop()
	body := fmt.Sprintf("SIP/2.0 %d %s\r\n", f.status, quotedText(f.text))
	_, err := session.do(ctx, sip.NOTIFY, "message/sipfrag;version=2.0", []byte(body), func(req *sip.Request) {
		req.AppendHeader(session.contact.Clone())
		req.AppendHeader(sip.NewHeader("Event", "refer"))
		req.AppendHeader(sip.NewHeader("Subscription-State", state))
	})
	if err != nil {
		s.d.log.Debug("notify not answered", "error", err)
	}
}
