package sipua

import (
	"strings"

	"github.com/emiago/sipgo/sip"
)

// maxHeaders is how many header fields a message may have. Honest ones have a few dozen.
const maxHeaders = 256

// wellFormed reports whether a message can be relied on by everything after: it has the headers that RFC 3261 section
// 8.1.1 demands, each of them once, and nothing in it contradicts itself.
func wellFormed(msg sip.Message) bool {
	cseq := msg.CSeq()
	if msg.Via() == nil || msg.From() == nil || msg.To() == nil || msg.CallID() == nil || cseq == nil {
		return false
	}
	if cseq.SeqNo > 1<<31-1 || !word(msg.CallID().Value()) {
		return false
	}
	switch m := msg.(type) {
	case *sip.Request:
		return sound(m.Headers(), m.SipVersion) && m.Method == cseq.MethodName && token(string(m.Method)) &&
			m.Recipient.Host != ""
	case *sip.Response:
		return sound(m.Headers(), m.SipVersion) && m.StatusCode >= 100 && m.StatusCode <= 699
	default:
		return false
	}
}

// sound checks what requests and responses have in common.
func sound(headers []sip.Header, version string) bool {
	if !strings.EqualFold(version, "SIP/2.0") || len(headers) > maxHeaders {
		return false
	}
	seen := make(map[string]bool)
	for _, h := range headers {
		name := single(h.Name())
		if name != "" && seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// single is the one name of a header that a message may have only once; it is empty for others.
func single(name string) string {
	switch strings.ToLower(name) {
	case "from", "f":
		return "from"
	case "to", "t":
		return "to"
	case "call-id", "i":
		return "call-id"
	case "cseq":
		return "cseq"
	case "content-length", "l":
		return "content-length"
	default:
		return ""
	}
}

// token reports whether s is one (RFC 3261 section 25.1).
func token(s string) bool {
	const more = "-.!%*_+`'~"
	for _, r := range s {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		if !letter && !strings.ContainsRune(more, r) {
			return false
		}
	}
	return s != ""
}
