package sipua

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/emiago/sipgo/sip"
)

// statusUnsupportedScheme refuses an address that is none of SIP (RFC 3261 section 21.4.14).
const statusUnsupportedScheme = 416

// referTo is what a REFER wishes for.
type referTo struct {
	target   string
	replaces string   // the call to take the place of, if any
	require  []string // extensions without which the target is not to take the call
}

// referTo reads what a REFER wishes for. status is that of a refusal, or 0.
func (d *Dialog) referTo(req *sip.Request) (to referTo, status int) {
	headers := append(req.GetHeaders("Refer-To"), req.GetHeaders("r")...)
	if len(headers) != 1 {
		return to, sip.StatusBadRequest
	}
	uri, ok := oneAddress(headers[0].Value())
	if !ok {
		return to, sip.StatusBadRequest
	}
	if other, err := url.Parse(uri); err == nil && other.Scheme != "" && !hasScheme(uri) {
		return to, statusUnsupportedScheme
	}
	target, fields, _ := strings.Cut(uri, "?")
	callee, err := parseURI(target)
	switch {
	case errors.Is(err, errNoCall):
		return to, sip.StatusNotImplemented
	case err != nil:
		return to, sip.StatusBadRequest
	}
	if _, err := firstHop(d.p.Account, callee); err != nil {
		return to, sip.StatusBadRequest
	}
	to.target = target
	if !to.read(fields) {
		return to, sip.StatusBadRequest
	}
	if !d.agent.able(to.require) {
		return to, sip.StatusNotImplemented
	}
	return to, 0
}

// read takes the headers that an address gives for the call to it: those that say what call it is to be. All others would speak
// in our name, and are ours to write (RFC 3261 section 19.1.5).
func (to *referTo) read(fields string) (ok bool) {
	for field := range strings.SplitSeq(fields, "&") {
		name, value, _ := strings.Cut(field, "=")
		name, err1 := url.PathUnescape(name)
		value, err2 := url.PathUnescape(value)
		if err1 != nil || err2 != nil || strings.ContainsFunc(value, unicode.IsControl) {
			return false
		}
		switch strings.ToLower(name) {
		case "replaces":
			if r := parseReplaces(value); to.replaces != "" || r.callID == "" || r.toTag == "" || r.fromTag == "" {
				return false
			}
			to.replaces = value
		case "require":
			for tag := range strings.SplitSeq(value, ",") {
				to.require = append(to.require, strings.ToLower(strings.TrimSpace(tag)))
			}
		}
	}
	return true
}

// able reports whether we have the extensions that a call of ours is to insist on.
func (a *Agent) able(tags []string) bool {
	ours := strings.Split(a.supported(true), ", ")
	return !slices.ContainsFunc(tags, func(tag string) bool { return !slices.Contains(ours, tag) })
}

// oneAddress takes the URI out of a header that holds one, in brackets or not (RFC 3261 section 20).
func oneAddress(text string) (uri string, ok bool) {
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, `"`) {
		text = afterQuoted(text)
	}
	_, inside, bracketed := strings.Cut(text, "<")
	if !bracketed {
		uri, _, _ = strings.Cut(text, ";") // the parameters are the header's
		return uri, !strings.Contains(uri, ",")
	}
	uri, rest, ok := strings.Cut(inside, ">")
	rest = strings.TrimSpace(rest)
	return strings.TrimSpace(uri), ok && (rest == "" || strings.HasPrefix(rest, ";"))
}

// afterQuoted is what follows a quoted string; nothing if that does not end.
func afterQuoted(text string) string {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return text[i+1:]
		}
	}
	return ""
}
