package dtmf

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Content types of SIP INFO.
const (
	TypeRelay = "application/dtmf-relay"
	TypePlain = "application/dtmf"
)

// infoDuration is what a relayed key states as its length. InfoPeriod is how far apart keys begin, so that the other side may
// sound each as long as it was told to.
const (
	infoDuration = 100 * time.Millisecond
	InfoPeriod   = infoDuration + 50*time.Millisecond
)

// maxInfo is more than any body that states one key.
const maxInfo = 1024

// Info builds the body of a SIP INFO that states one key: as Signal= and Duration= lines, or as the bare key.
func Info(key rune, relay bool) (contentType string, body []byte) {
	if !relay {
		return TypePlain, []byte(string(key))
	}
	return TypeRelay, fmt.Appendf(nil, "Signal=%c\r\nDuration=%d\r\n", key, infoDuration.Milliseconds())
}

// ParseInfo reads the key that a SIP INFO states, and how long it sounded if it says so. Either content type is used for
// either body.
func ParseInfo(contentType string, body []byte) (key rune, d time.Duration, ok bool) {
	contentType, _, _ = strings.Cut(contentType, ";")
	contentType = strings.ToLower(strings.TrimSpace(contentType))
	if contentType != TypeRelay && contentType != TypePlain || len(body) > maxInfo {
		return 0, 0, false
	}
	if text := string(body); strings.Contains(text, "=") {
		return parseRelay(text)
	}
	key, ok = parseKey(string(body))
	return key, 0, ok
}

func parseRelay(body string) (key rune, d time.Duration, ok bool) {
	for line := range strings.FieldsFuncSeq(body, func(r rune) bool { return r == '\r' || r == '\n' }) {
		name, value, _ := strings.Cut(line, "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "signal":
			key, ok = parseKey(value)
		case "duration":
			if ms, err := strconv.ParseUint(strings.TrimSpace(value), 10, 16); err == nil {
				d = time.Duration(ms) * time.Millisecond
			}
		}
	}
	return key, d, ok
}

// parseKey reads a key by its sign, or by its event code as some phones write * and # (10, 11).
func parseKey(s string) (rune, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	if code, err := strconv.ParseUint(s, 10, 8); err == nil && int(code) < len(keys) {
		return rune(keys[code]), true
	}
	if len(s) != 1 || !Valid(s) {
		return 0, false
	}
	return rune(s[0]), true
}
