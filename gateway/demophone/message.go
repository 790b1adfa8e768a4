package demophone

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

var errNotSIP = errors.New("not a SIP message")

// message is a SIP request or response (RFC 3261 section 7).
type message struct {
	method string // of a request; empty for a response
	uri    string
	status int
	reason string
	header []field
	body   []byte
}

type field struct{ name, value string }

// longName expands the short forms of header names (RFC 3261 section 7.3.3).
func longName(name string) string {
	switch strings.ToLower(name) {
	case "v":
		return "Via"
	case "f":
		return "From"
	case "t":
		return "To"
	case "i":
		return "Call-ID"
	case "m":
		return "Contact"
	case "c":
		return "Content-Type"
	case "l":
		return "Content-Length"
	}
	return name
}

// parse reads a datagram. It copies what it keeps.
func parse(raw []byte) (*message, error) {
	head, body, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	m, err := parseStart(lines[0])
	if err != nil {
		return nil, err
	}
	for _, line := range lines[1:] {
		if strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t") { // folded
			if n := len(m.header); n > 0 {
				m.header[n-1].value += " " + strings.TrimSpace(line)
			}
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return nil, errNotSIP
		}
		m.header = append(m.header, field{longName(strings.TrimSpace(name)), strings.TrimSpace(value)})
	}
	if n, err := strconv.Atoi(m.get("Content-Length")); err == nil && n >= 0 && n < len(body) {
		body = body[:n]
	}
	m.body = bytes.Clone(body)
	return m, nil
}

func parseStart(line string) (*message, error) {
	first, rest, _ := strings.Cut(line, " ")
	second, third, _ := strings.Cut(rest, " ")
	if first == "SIP/2.0" {
		status, err := strconv.Atoi(second)
		if err != nil || status < 100 || status > 699 {
			return nil, errNotSIP
		}
		return &message{status: status, reason: third}, nil
	}
	if first == "" || second == "" || third != "SIP/2.0" {
		return nil, errNotSIP
	}
	return &message{method: first, uri: second}, nil
}

// get is the first value of a header, or nothing.
func (m *message) get(name string) string {
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// all are the values of a header that may stand several times or hold a list.
func (m *message) all(name string) []string {
	var out []string
	for _, f := range m.header {
		if strings.EqualFold(f.name, name) {
			for v := range strings.SplitSeq(f.value, ",") {
				out = append(out, strings.TrimSpace(v))
			}
		}
	}
	return out
}

func (m *message) add(name, value string) { m.header = append(m.header, field{name, value}) }

// cseq is the sequence number and method of the transaction.
func (m *message) cseq() (number int, method string) {
	n, method, _ := strings.Cut(m.get("CSeq"), " ")
	number, _ = strconv.Atoi(n)
	return number, strings.TrimSpace(method)
}

// usable reports whether a request has what every request must have.
func (m *message) usable() bool {
	required := []string{"Via", "From", "To", "Call-ID", "CSeq"}
	return !slices.ContainsFunc(required, func(name string) bool { return m.get(name) == "" })
}

// reply is a response to m that carries back what identifies the transaction (RFC 3261 section 8.2.6).
func (m *message) reply(status int, reason, toTag string) *message {
	r := &message{status: status, reason: reason}
	for _, f := range m.header {
		switch name := f.name; {
		case strings.EqualFold(name, "To") && param(f.value, "tag") == "" && status > 100:
			r.add(name, f.value+";tag="+toTag)
		case strings.EqualFold(name, "Via"), strings.EqualFold(name, "From"), strings.EqualFold(name, "To"),
			strings.EqualFold(name, "Call-ID"), strings.EqualFold(name, "CSeq"):
			r.add(name, f.value)
		case strings.EqualFold(name, "Record-Route") && m.method == "INVITE":
			r.add(name, f.value)
		}
	}
	return r
}

// bytes writes the message out.
func (m *message) bytes() []byte {
	var b bytes.Buffer
	if m.method != "" {
		fmt.Fprintf(&b, "%s %s SIP/2.0\r\n", m.method, m.uri)
	} else {
		fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", m.status, m.reason)
	}
	for _, f := range m.header {
		fmt.Fprintf(&b, "%s: %s\r\n", f.name, f.value)
	}
	fmt.Fprintf(&b, "Content-Length: %d\r\n\r\n", len(m.body))
	b.Write(m.body)
	return b.Bytes()
}

// param is a parameter behind a header value, such as the tag of a From.
func param(value, name string) string {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	for p := range strings.SplitSeq(value, ";") {
		if k, v, _ := strings.Cut(strings.TrimSpace(p), "="); strings.EqualFold(k, name) {
			return v
		}
	}
	return ""
}

// address is the URI in a name-addr such as Contact (RFC 3261 section 20.10).
func address(value string) string {
	if _, after, ok := strings.Cut(value, "<"); ok {
		uri, _, _ := strings.Cut(after, ">")
		return uri
	}
	uri, _, _ := strings.Cut(value, ";")
	return strings.TrimSpace(uri)
}

// hostPort is where a SIP URI points to.
func hostPort(uri string) string {
	uri = strings.TrimPrefix(uri, "sip:")
	uri, _, _ = strings.Cut(uri, ";")
	if i := strings.LastIndexByte(uri, '@'); i >= 0 {
		uri = uri[i+1:]
	}
	if !strings.Contains(strings.TrimPrefix(uri, "["), ":") {
		uri += ":5060"
	}
	return uri
}
