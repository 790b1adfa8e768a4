package sdp

import (
	"errors"
	"strconv"
	"strings"
)

// Bounds of a description that is read at all.
const (
	maxSize  = 64 << 10
	maxLines = 32 // media
)

// description is what is used of a session description. Lines that mean nothing here (o=, s=, b=, t= and the like) are
// not even parsed, so that they cannot be wrong.
type description struct {
	section // session level
	lines   []*line
}

// section is what may stand at session level and at media level.
type section struct {
	connection string // "IN IP4 192.0.2.1"
	attributes []attribute
}

type attribute struct{ name, value string }

// line is a media description.
type line struct {
	section
	kind    string
	port    int
	proto   string
	formats []string
}

var (
	errEmpty   = errors.New("sdp: no session description")
	errTooLong = errors.New("sdp: description too long")
)

func parse(b []byte) (*description, error) {
	if len(b) > maxSize {
		return nil, errTooLong
	}
	d := &description{}
	at := &d.section
	version := false
	for text := range strings.Lines(string(b)) {
		text = strings.TrimSpace(text)
		if len(text) < 2 || text[1] != '=' {
			continue
		}
		value := strings.TrimSpace(text[2:])
		switch text[0] {
		case 'v':
			version = true
		case 'c':
			at.connection = value
		case 'a':
			name, rest, _ := strings.Cut(value, ":")
			at.attributes = append(at.attributes, attribute{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(rest)})
		case 'm':
			l, err := parseLine(value)
			if err != nil {
				return nil, err
			}
			if d.lines = append(d.lines, l); len(d.lines) > maxLines {
				return nil, errTooLong
			}
			at = &l.section
		}
	}
	if !version && len(d.lines) == 0 {
		return nil, errEmpty
	}
	return d, nil
}

// parseLine reads "audio 49170/2 RTP/AVP 0 8".
func parseLine(value string) (*line, error) {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return nil, errors.New("sdp: bad media line " + strconv.Quote(value))
	}
	text, _, _ := strings.Cut(fields[1], "/")
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return nil, errors.New("sdp: bad port " + strconv.Quote(fields[1]))
	}
	return &line{kind: strings.ToLower(fields[0]), port: int(port), proto: strings.ToUpper(fields[2]), formats: fields[3:]}, nil
}

// value returns the first attribute of a name.
func (s *section) value(name string) (string, bool) {
	for _, a := range s.attributes {
		if a.name == name {
			return a.value, true
		}
	}
	return "", false
}

// perFormat finds the value of an attribute that names a payload type first, as rtpmap and fmtp do.
func (s *section) perFormat(name, format string) string {
	for _, a := range s.attributes {
		if a.name != name {
			continue
		}
		if head, rest, _ := strings.Cut(a.value, " "); head == format {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// direction is that of the writer; the session's holds where the line has none.
func (d *description) direction(l *line) Direction {
	for _, s := range []*section{&l.section, &d.section} {
		for _, a := range s.attributes {
			if dir, ok := parseDirection(a.name); ok {
				return dir
			}
		}
	}
	return Direction{Send: true, Receive: true}
}
