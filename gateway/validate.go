package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
)

// Longest values accepted. SIP and RTMP have no limits of their own; these keep messages and tables sane.
const (
	maxName   = 128
	maxURL    = 2048
	maxDigits = 64
)

// Validate checks a call's fields for what can be known without the network. It returns one error for each bad
// field, in the order of the form.
func (s CallSpec) Validate() []*Error {
	var errs []*Error
	add := func(err *Error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	add(checkID("callId", s.ID))
	add(checkCallee(s.Callee))
	errs = append(errs, s.Account.Validate()...)
	if s.Stream != "" {
		add(checkID("toStream", s.Stream))
	}
	add(checkLength("visibleName", s.VisibleName, maxName))
	add(checkLine("visibleName", s.VisibleName))
	add(checkRTMP(s.RTMPURL.Reveal(), s.RTMPStream.Reveal()))
	return errs
}

// Validate checks an account's fields, one error for each bad one.
func (a Account) Validate() []*Error {
	var errs []*Error
	add := func(err *Error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	add(checkUser("sipLogin", a.Login, true))
	add(checkUser("sipAuthenticationName", a.AuthName, false))
	if a.Domain == "" {
		add(required("sipDomain", "give the SIP domain, e.g. sip.example.com"))
	} else {
		add(checkHostPort("sipDomain", a.Domain))
	}
	if a.OutboundProxy != "" {
		add(checkHostPort("sipOutboundProxy", a.OutboundProxy))
	}
	if a.Port < 0 || a.Port > 65535 {
		add(Invalid(ReasonPort, "sipPort", strconv.Itoa(a.Port), "give a port from 1 to 65535, or leave it empty for 5060 (5061 by TLS)."))
	}
	switch a.Transport {
	case "", TransportUDP, TransportTCP, TransportTLS:
	default:
		add(Invalid(ReasonChoice, "sipTransport", string(a.Transport), "use udp, tcp or tls."))
	}
	add(a.TLS.check())
	switch a.SRTP {
	case "", SRTPNever, SRTPOptional, SRTPRequired:
	default:
		add(Invalid(ReasonChoice, "sipSrtp", string(a.SRTP), "use never, optional or required."))
	}
	_, err := ParseCodecs("codecs", a.Codecs)
	add(err)
	return errs
}

func (t AccountTLS) check() *Error {
	if raw, err := hex.DecodeString(t.Pin); err != nil || t.Pin != "" && len(raw) != sha256.Size {
		return Invalid(ReasonChoice, "sipTlsPin", t.Pin, "give the SHA-256 of the server's certificate, 64 hexadecimal digits without colons.")
	}
	if t.ServerName != "" {
		return checkHostPort("sipTlsServerName", t.ServerName)
	}
	return nil
}

// Validate checks the tones and how they travel. What it says holds no keys, which may be a PIN.
func (d DTMF) Validate() *Error {
	if d.Digits == "" {
		return required("dtmf", "give one or more of 0-9 * # A-D")
	}
	if n := len(d.Digits); n > maxDigits {
		return Invalid(ReasonTooLong, "dtmf", fmt.Sprintf("%d characters", n), fmt.Sprintf("use at most %d characters.", maxDigits))
	}
	for _, r := range d.Digits {
		if !strings.ContainsRune("0123456789*#ABCDabcd", r) {
			return Invalid(ReasonDigits, "dtmf", string(r), "use only 0-9 * # A-D.")
		}
	}
	switch d.Type {
	case "", DTMFRFC2833, DTMFInfo, DTMFInfoRelay:
		return nil
	}
	return Invalid(ReasonChoice, "type", string(d.Type), "use RFC2833, INFO or INFO_RELAY.")
}

func required(field, remedy string) *Error {
	return &Error{
		Code: CodeInvalid, Reason: ReasonRequired, Field: field,
		Message: fmt.Sprintf("%s is missing: %s.", field, remedy),
	}
}

// Validate checks whom the remote party of a call is to talk with.
func (s TransferSpec) Validate() *Error {
	switch {
	case s.Replaces != "" && s.Replaces == s.CallID:
		return Invalid(ReasonChoice, "replacesCallId", s.Replaces, "name another call than the one to transfer.")
	case s.Target != "":
		return checkAddress("target", s.Target)
	case s.Replaces == "":
		return required("target", "give the number, the name or the SIP address to talk with, or another call in replacesCallId")
	}
	return nil
}

func checkLength(field, value string, most int) *Error {
	if len(value) <= most {
		return nil
	}
	return Invalid(ReasonTooLong, field, string([]rune(value)[:16])+"…", fmt.Sprintf("use at most %d characters.", most))
}

func checkLine(field, value string) *Error {
	if strings.IndexFunc(value, isControl) < 0 {
		return nil
	}
	return Invalid(ReasonCharacters, field, value, "remove line breaks and control characters.")
}

// checkID checks a name that travels in a SIP Call-ID, a URL path or an RTMP stream name.
func checkID(field, value string) *Error {
	if value == "" {
		return required(field, "give a name that no other has")
	}
	if err := checkLength(field, value, maxName); err != nil {
		return err
	}
	if strings.ContainsFunc(value, badInName) {
		return Invalid(ReasonCharacters, field, value, `use letters, digits and .-_~!*'()+=:@,;$[]{}|^ without spaces.`)
	}
	return nil
}

func badInName(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`"<>\/?#%&`, r) }

// checkUser checks the user part of a SIP address (RFC 3261 section 25.1, unreserved and user-unreserved).
func checkUser(field, value string, needed bool) *Error {
	if value == "" {
		if needed {
			return required(field, "give the account's user name")
		}
		return nil
	}
	if err := checkLength(field, value, maxName); err != nil {
		return err
	}
	if strings.ContainsFunc(value, func(r rune) bool { return !isUserRune(r) }) {
		return Invalid(ReasonCharacters, field, value,
			"a SIP name holds letters, digits and -_.!~*'()&=+$,;?/ only: no spaces, no <>, no @domain.")
	}
	return nil
}

func isUserRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.!~*'()&=+$,;?/%", r)
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func checkCallee(value string) *Error {
	if value == "" {
		return required("callee", "give the number, the name or the SIP address to call")
	}
	return checkAddress("callee", value)
}

// checkAddress accepts a user, user@host[:port] or a SIP URI.
func checkAddress(field, value string) *Error {
	if err := checkLength(field, value, 2*maxName); err != nil {
		return err
	}
	scheme, rest := cutScheme(value)
	if scheme != "" && scheme != "sip" {
		return Invalid(ReasonScheme, field, value, "this scheme is not supported, use sip:.")
	}
	address, params, _ := strings.Cut(rest, ";")
	user, host, hasHost := strings.Cut(address, "@")
	if scheme != "" && !hasHost { // sip:host
		user, host, hasHost = "", user, true
	}
	ok := !strings.ContainsFunc(params, func(r rune) bool { return !isUserRune(r) })
	if hasHost {
		ok = ok && (user != "" || scheme != "") && checkHostPort(field, host) == nil
	} else {
		ok = ok && user != ""
	}
	// A password may stand behind the user of an address, nothing behind a mere user.
	if !ok || strings.ContainsFunc(user, func(r rune) bool { return !isUserRune(r) && r != '#' && (r != ':' || !hasHost) }) {
		return Invalid(ReasonSIPURI, field, value, "give a number, a name, user@host or sip:user@host:port.")
	}
	return nil
}

// cutScheme cuts a URI scheme off. What only looks like one, as in host:5060 or user:password@host, is none.
func cutScheme(value string) (scheme, rest string) {
	before, after, found := strings.Cut(value, ":")
	for _, known := range []string{"sip", "sips", "tel"} {
		if found && strings.EqualFold(before, known) {
			return known, after
		}
	}
	return "", value
}

// checkHostPort accepts a host name, an IPv4 address or a bracketed IPv6 address, with an optional port.
func checkHostPort(field, value string) *Error {
	host, port := value, ""
	if i := strings.LastIndexByte(value, ':'); i >= 0 && !strings.HasSuffix(value, "]") {
		host, port = value[:i], value[i+1:]
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
			return Invalid(ReasonPort, field, value, "the port after the colon is a number from 1 to 65535.")
		}
	}
	if strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]") {
		if ip := net.ParseIP(host[1 : len(host)-1]); ip != nil {
			return nil
		}
		return Invalid(ReasonHost, field, value, "what is in the brackets is not an IPv6 address.")
	}
	if len(host) == 0 || len(host) > 253 || strings.ContainsFunc(host, func(r rune) bool { return !isHostRune(r) }) {
		return Invalid(ReasonHost, field, value, "give a host name or an IP address, with :port if needed.")
	}
	return nil
}

func isHostRune(r rune) bool {
	return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '.' || r == '-' || r == '_'
}

// checkRTMP checks the push target as far as its shape goes.
func checkRTMP(target, name string) *Error {
	target = strings.TrimSpace(target) // pasted
	if target == "" {
		if name != "" {
			return required("rtmpUrl", "rtmpStream is given, so give the server too, e.g. rtmp://127.0.0.1:1935/live")
		}
		return nil
	}
	if err := checkLength("rtmpUrl", target, maxURL); err != nil {
		err.Value = masked
		err.Message = fmt.Sprintf("rtmpUrl is too long: use at most %d characters.", maxURL)
		return err
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' }) {
		return Invalid(ReasonCharacters, "rtmpStream", masked, "remove spaces and line breaks from the stream name.")
	}
	u, err := url.Parse(target)
	if err != nil {
		return Invalid(ReasonURL, "rtmpUrl", masked, "give an address like rtmp://host:1935/app.")
	}
	shown := u.Scheme + "://" + u.Host
	switch {
	case u.Scheme != "rtmp" && u.Scheme != "rtmps":
		return Invalid(ReasonScheme, "rtmpUrl", shown, "the address starts with rtmp:// or rtmps://.")
	case u.Hostname() == "":
		return Invalid(ReasonHost, "rtmpUrl", shown, "name the server after rtmp://.")
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return Invalid(ReasonPort, "rtmpUrl", shown, "the port is a number from 1 to 65535.")
		}
	}
	parts := strings.FieldsFunc(u.Path, func(r rune) bool { return r == '/' })
	if len(parts) == 0 {
		return Invalid(ReasonURL, "rtmpUrl", shown, "name the application, e.g. rtmp://"+u.Host+"/live.")
	}
	if name == "" && len(parts) < 2 {
		return required("rtmpStream", "give the stream name or key, or put it at the end of rtmpUrl")
	}
	return nil
}
