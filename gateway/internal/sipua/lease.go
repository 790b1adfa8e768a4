package sipua

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

// What the session timer is asked to be when nothing else is configured, and the least that RFC 4028 allows.
const (
	defaultSessionExpires = 30 * time.Minute
	defaultMinSE          = 90 * time.Second
	maxSessionExpires     = 24 * time.Hour
)

// statusIntervalTooSmall refuses a session timer that is too fast (RFC 4028 section 6).
const statusIntervalTooSmall = 422

// terms are what we ask of the session timer (RFC 4028).
type terms struct {
	interval time.Duration
	least    time.Duration
	raises   int // how often others have asked for more
}

// maxRaises is how often that is heeded: each proxy on the way may ask once.
const maxRaises = 5

func (a *Agent) offeredTerms() terms {
	t := terms{interval: a.params.SessionExpires, least: a.params.MinSE}
	if t.interval <= 0 {
		t.interval = defaultSessionExpires
	}
	if t.least <= 0 {
		t.least = defaultMinSE
	}
	return t
}

// write puts the terms into an INVITE or UPDATE. refresher is who renews so far, if somebody does.
func (t *terms) write(req *sip.Request, refresher string) {
	req.AppendHeader(sip.NewHeader("Session-Expires", expiresText(t.interval, refresher)))
	req.AppendHeader(minSE(t.least))
}

func minSE(least time.Duration) sip.Header {
	return sip.NewHeader("Min-SE", fmt.Sprint(int(least.Seconds())))
}

func expiresText(interval time.Duration, refresher string) string {
	text := fmt.Sprint(int(interval.Seconds()))
	if refresher != "" {
		text += ";refresher=" + refresher
	}
	return text
}

// raise takes the longer interval a 422 asks for. It reports false if there is none, or the answer is another one.
func (t *terms) raise(res *sip.Response) bool {
	if res.StatusCode != statusIntervalTooSmall {
		return false
	}
	least := seconds(res.GetHeader("Min-SE"))
	if least <= t.least || least > maxSessionExpires || t.raises == maxRaises {
		return false
	}
	t.raises++
	t.least, t.interval = least, max(t.interval, least)
	return true
}

// sessionExpires reads the header of that name.
func sessionExpires(msg sip.Message) (interval time.Duration, refresher string, ok bool) {
	h := header(msg, "Session-Expires", "x")
	if h == nil {
		return 0, "", false
	}
	number, params, _ := strings.Cut(h.Value(), ";")
	interval, err := parseSeconds(strings.TrimSpace(number))
	if err != nil || interval == 0 {
		return 0, "", false
	}
	for param := range strings.SplitSeq(params, ";") {
		if name, value, _ := strings.Cut(param, "="); strings.EqualFold(strings.TrimSpace(name), "refresher") {
			refresher = strings.ToLower(strings.TrimSpace(value))
		}
	}
	return min(interval, maxSessionExpires), refresher, true
}

// tenure is for how long a session stands without being renewed, and whether that is ours to do. Without an interval
// it stands for ever.
type tenure struct {
	interval time.Duration
	ours     bool
}

// margin is how long before its end a session that was not renewed is given up (RFC 4028 section 10).
func (t tenure) margin() time.Duration { return min(32*time.Second, t.interval/3) }

// first is when something is due.
func (t tenure) first() time.Duration {
	if t.ours {
		return t.interval / 2
	}
	return t.interval - t.margin()
}

// lease is the life of a session that has to be renewed.
type lease struct {
	changed chan struct{} // holds one item when now is new

	mu  sync.Mutex // guards now
	now tenure
}

func newLease() *lease { return &lease{changed: make(chan struct{}, 1)} }

// grant starts a new tenure.
func (l *lease) grant(t tenure) {
	l.mu.Lock()
	l.now = t
	l.mu.Unlock()
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

func (l *lease) current() tenure {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// refresher is who renews the session, as our next request has to name it.
func (l *lease) refresher() string {
	switch t := l.current(); {
	case t.interval == 0:
		return ""
	case t.ours:
		return "uac"
	default:
		return "uas"
	}
}

// keep has the session renewed when that is ours to do, and ended when it was not renewed in time.
func (l *lease) keep(done <-chan struct{}, renew, expire func()) {
	timer := time.NewTimer(0)
	timer.Stop()
	defer timer.Stop()
	var now tenure
	var limit time.Time
	for {
		select {
		case <-l.changed:
			timer.Stop()
			if now = l.current(); now.interval > 0 {
				limit = time.Now().Add(now.interval - now.margin())
				timer.Reset(now.first())
			}
		case <-timer.C:
			if !now.ours || !time.Now().Before(limit) {
				expire()
				return
			}
			renew()
			timer.Reset(max(time.Until(limit)/2, time.Second)) // if it has failed
		case <-done:
			return
		}
	}
}

// agreed takes the session timer from a 2xx to our request.
func (d *Dialog) agreed(res *sip.Response) {
	interval, refresher, ok := sessionExpires(res)
	if !ok {
		d.lease.grant(tenure{})
		return
	}
	d.lease.grant(tenure{interval, refresher != "uas"})
}

// concede decides the session timer that a request of the other side asks for. It reports false if the interval is too
// small.
func (d *Dialog) concede(req *sip.Request) (tenure, bool) {
	ours := d.agent.offeredTerms()
	interval, refresher, asked := sessionExpires(req)
	able := speaksTimer(req)
	switch {
	case !asked && !able:
		return tenure{}, true
	case !asked:
		interval = max(ours.interval, seconds(req.GetHeader("Min-SE")))
	case able && interval < ours.least:
		return tenure{}, false
	}
	now := d.lease.current()
	return tenure{interval, refresher == "uas" || !able || refresher == "" && now.interval > 0 && now.ours}, true
}

func speaksTimer(req *sip.Request) bool {
	return lists(req, "Supported", "k", "timer") || lists(req, "Require", "", "timer")
}

// write puts the session timer into our 2xx to a request.
func (t tenure) write(res *sip.Response, req *sip.Request) {
	if t.interval == 0 {
		return
	}
	refresher := "uac"
	if t.ours {
		refresher = "uas"
	}
	res.AppendHeader(sip.NewHeader("Session-Expires", expiresText(t.interval, refresher)))
	if speaksTimer(req) {
		res.AppendHeader(sip.NewHeader("Require", "timer"))
	}
}

// renew renews the session: by UPDATE if the other side takes it, else by repeating our session description.
func (d *Dialog) renew(s *session) {
	ctx, stop := until(d.agent.life, d.abandoned)
	defer stop()
	s.mu.Lock()
	method, sdp := sip.INVITE, s.local
	if s.update {
		method, sdp = sip.UPDATE, nil
	}
	s.mu.Unlock()
	answer, err := d.change(ctx, s, method, sdp)
	if err != nil {
		d.log.Warn("session not refreshed", "error", err)
		return
	}
	if len(answer) > 0 {
		d.post(Refreshed{SDP: answer})
	}
}
