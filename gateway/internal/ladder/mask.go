package ladder

import (
	"regexp"
	"strings"
)

const mask = "***"

// Where secrets stand in a message, its body included: a message may hold another.
var (
	authorization = regexp.MustCompile(`(?im)^(?:proxy-)?authorization[ \t]*:.*(?:\n[ \t].*)*`)
	notDigest     = regexp.MustCompile(`(?is)^([^:]*:\s*)(\S*)(\s+).*`)
	proof         = regexp.MustCompile(`(?i)\b(response|cnonce|rspauth)(\s*=\s*)(?:"(?:[^"\\]|\\.)*"|[^\s,;]*)`)
	uriPassword   = regexp.MustCompile(`(?i)\b(sips?:[^\s:@<>"]+:)[^\s@<>"]*@`)
	mediaKey      = regexp.MustCompile(`(?i)\b(inline:)[^\s|;]+`)
	otherKey      = regexp.MustCompile(`(?im)^(k=|a=ice-pwd:|a=key-mgmt:)[^\r\n]*`)
	pressedKey    = regexp.MustCompile(`(?im)^([ \t]*signal[ \t]*=)[^\r\n]*`)
)

// masked is a message without its secrets, as text that can be shown.
func masked(text []byte, h head) string {
	s := strings.ToValidUTF8(string(text), "\uFFFD")
	s = authorization.ReplaceAllStringFunc(s, credentials)
	s = proof.ReplaceAllString(s, `${1}${2}"`+mask+`"`)
	s = uriPassword.ReplaceAllString(s, `${1}`+mask+`@`)
	s = mediaKey.ReplaceAllString(s, `${1}`+mask)
	s = otherKey.ReplaceAllString(s, `${1}`+mask)
	return pressedKeys(s, h)
}

// credentials leaves of a header the scheme alone, unless it is a digest, which hides the password itself.
func credentials(header string) string {
	_, value, _ := strings.Cut(header, ":")
	if scheme, _, _ := strings.Cut(strings.TrimSpace(value), " "); strings.EqualFold(scheme, "digest") {
		return header
	}
	return notDigest.ReplaceAllString(header, `${1}${2}${3}`+mask)
}

// pressedKeys masks what was dialled in a call: often a PIN.
func pressedKeys(s string, h head) string {
	header, body := parts(s)
	switch h.mediaType() {
	case "application/dtmf-relay":
		body = pressedKey.ReplaceAllString(body, `${1}`+mask)
	case "application/dtmf":
		body = mask
	default:
		return s
	}
	return header + "\r\n\r\n" + body
}
