package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// place is the other side of a dialog, for somebody else to take.
type place struct {
	of        *Dialog // nil = none
	earlyOnly bool    // only as long as the dialog is not answered
}

// replaced is the place that an INVITE is to take (RFC 3891 section 3). In a dialog that is not answered yet there is one only
// if we called.
func (a *Agent) replaced(req *sip.Request) (p place, refusal *sip.Response) {
	headers := req.GetHeaders("Replaces")
	switch len(headers) {
	case 0:
		return p, nil
	case 1:
	default:
		return p, answerTo(req, sip.StatusBadRequest, "Several Replaces")
	}
	r := parseReplaces(headers[0].Value())
	a.mu.Lock()
	d := a.dialogs[dialogKey{r.callID, r.toTag}]
	a.mu.Unlock()
	var early, confirmed bool
	if d != nil {
		early, confirmed = d.isWith(r.fromTag)
	}
	switch {
	case !early && !confirmed:
		return p, answerTo(req, sip.StatusCallTransactionDoesNotExists, "Call/Transaction Does Not Exist")
	case d.isAbandoned():
		return p, answerTo(req, sip.StatusGlobalDecline, "Decline")
	case confirmed && r.earlyOnly:
		return p, answerTo(req, sip.StatusBusyHere, "Busy Here")
	}
	return place{d, r.earlyOnly}, nil
}

// isWith reports whether the other side of the dialog has this tag, or one of those does whom our INVITE has reached.
func (d *Dialog) isWith(tag string) (early, confirmed bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sess != nil {
		return false, d.sess.remoteTag == tag
	}
	return d.caller && d.early[tag] != nil, false
}

// tooLate refuses who wants a place only as long as that is not answered. It reports whether it did.
func tooLate(ev Event) bool {
	r, ok := ev.(Replacing)
	if !ok || !r.earlyOnly {
		return false
	}
	r.Call.Reject(sip.StatusBusyHere, "")
	return true
}

// replaces names a dialog from the point of view of who gets it: toTag is the receiver's own.
type replaces struct {
	callID, toTag, fromTag string
	earlyOnly              bool
}

func parseReplaces(text string) replaces {
	id, params, _ := strings.Cut(text, ";")
	r := replaces{callID: strings.TrimSpace(id)}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "to-tag":
			r.toTag = value
		case "from-tag":
			r.fromTag = value
		case "early-only":
			r.earlyOnly = true
		}
	}
	return r
}

func (r replaces) String() string {
	return r.callID + ";to-tag=" + r.toTag + ";from-tag=" + r.fromTag
}
