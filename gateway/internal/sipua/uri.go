package sipua

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/emiago/sipgo/sip"
)

var (
	errBadAddress = errors.New("not a sip address")
	errNoCall     = fmt.Errorf("%w to call", errBadAddress)
)

// calleeURI reads a callee as a client writes it: a user of the domain, user@host, or a SIP URI.
func calleeURI(callee, domain string) (sip.Uri, error) {
	text := callee
	switch {
	case callee == "" || strings.ContainsFunc(callee, unfit):
		return sip.Uri{}, fmt.Errorf("%w: %q", errBadAddress, callee)
	case hasScheme(callee):
	case strings.Contains(callee, "@"):
		text = "sip:" + callee
	case strings.Contains(callee, ":"): // another scheme, or a host with its port
		return sip.Uri{}, fmt.Errorf("%w: %q", errBadAddress, callee)
	default:
		text = "sip:" + escapeUser(callee) + "@" + domain
	}
	return parseURI(text)
}

func hasScheme(s string) bool {
	scheme, _, found := strings.Cut(s, ":")
	return found && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips"))
}

// parseURI parses a sip or sips URI and refuses what could not be written into a request line again.
func parseURI(text string) (sip.Uri, error) {
	var u sip.Uri
	if strings.ContainsFunc(text, unfit) {
		return u, fmt.Errorf("%w: %q", errBadAddress, text)
	}
	if err := sip.ParseUri(text, &u); err != nil {
		return u, fmt.Errorf("%w: %q", errBadAddress, text)
	}
	if u.Scheme != "sip" && u.Scheme != "sips" || u.Host == "" || u.Wildcard || u.Port < 0 || u.Port > 65535 {
		return u, fmt.Errorf("%w: %q", errBadAddress, text)
	}
	u.Headers = nil // never from outside into our requests (RFC 3261 section 19.1.5)
	if !isCall(u) {
		return u, fmt.Errorf("%w: %q", errNoCall, text)
	}
	u.UriParams = slices.DeleteFunc(u.UriParams, namesMethod) // has no place in a request line
	return u, nil
}

// isCall reports whether the request that a URI stands for is an INVITE: one that does not say is (RFC 3261 section 19.1.1).
func isCall(u sip.Uri) bool {
	return !slices.ContainsFunc(u.UriParams, func(p sip.HeaderKV) bool {
		return namesMethod(p) && !strings.EqualFold(p.V, string(sip.INVITE))
	})
}

func namesMethod(p sip.HeaderKV) bool { return strings.EqualFold(p.K, "method") }

func unfit(r rune) bool { return r <= ' ' || r == 0x7f || strings.ContainsRune(`<>"\^{}|`+"`", r) }

// hostPort splits host[:port], also as "sip:host:port;params"; port is 0 if none is written.
func hostPort(s string) (host string, port int, err error) {
	if !hasScheme(s) {
		s = "sip:" + s
	}
	u, err := parseURI(s)
	if err != nil {
		return "", 0, err
	}
	return bareHost(u.Host), u.Port, nil
}

func bareHost(host string) string { return strings.Trim(host, "[]") }

// escapeUser writes a login as the user part of a URI (RFC 3261 section 25.1, user).
func escapeUser(s string) string {
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()&=+$,;?/%", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// unescapeUser reads the user part of a URI. What is not written as it should be stays as it is.
func unescapeUser(s string) string {
	if plain, err := url.PathUnescape(s); err == nil {
		return plain
	}
	return s
}

// quotedText prepares text for a quoted string: no control characters, quotes and backslashes escaped.
func quotedText(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r < ' ' || r == 0x7f:
			b.WriteByte(' ')
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			b.WriteRune(r)
		}
	}
	return strings.TrimSpace(b.String())
}

// word reports whether s can be a Call-ID (RFC 3261 section 25.1, callid).
func word(s string) bool {
	return s != "" && len(s) <= 256 && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r >= 0x7f })
}
