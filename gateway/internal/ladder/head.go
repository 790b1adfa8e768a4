package ladder

import (
	"net/url"
	"strings"
)

// head is what the header of a message says, as far as it matters here.
type head struct {
	callID      string
	method      string // of the request, or that is answered
	address     string // the To header
	contentType string
}

// readHead reads a message that may be anything.
func readHead(text []byte) head {
	var h head
	header, _ := parts(string(text))
	for line := range strings.SplitSeq(header, "\n") {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "call-id", "i":
			h.callID = value
		case "cseq":
			if _, method, ok := strings.Cut(value, " "); ok {
				h.method = strings.TrimSpace(method)
			}
		case "to", "t":
			h.address = value
		case "content-type", "c":
			h.contentType = strings.ToLower(value)
		}
	}
	return h
}

// to is the address of record that the To header names.
func (h head) to() string {
	_, address, _ := strings.Cut(h.address, ":")
	address, _, _ = strings.Cut(address, ">")
	address, _, _ = strings.Cut(address, ";")
	at := strings.LastIndexByte(address, '@')
	if at < 0 {
		return ""
	}
	user, err := url.PathUnescape(address[:at])
	if err != nil {
		return ""
	}
	return strings.ToLower(user + address[at:])
}

// mediaType is what the body is, without parameters.
func (h head) mediaType() string {
	t, _, _ := strings.Cut(h.contentType, ";")
	return strings.TrimSpace(t)
}

// sdp is the session description of a message with this head.
func (h head) sdp(text string) string {
	if h.mediaType() != "application/sdp" {
		return ""
	}
	_, body := parts(text)
	return body
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return strings.TrimRight(line, "\r")
}

// parts are the header and the body of a message.
func parts(text string) (header, body string) {
	end := "\r\n\r\n"
	if !strings.Contains(text, end) {
		end = "\n\n"
	}
	header, body, _ = strings.Cut(text, end)
	return header, body
}
