package websdk

import (
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"
)

// message is what both sides send: a name and a list of arguments, of which a client gives one object or null.
type message struct {
	name   string
	fields fields
}

var errUnreadable = errors.New(`not a message: send text like {"message":"ping","data":[null]}`)

// parse reads a client's message. What is not UTF-8 is refused, because parts of messages are passed on to other
// browsers, and those close a socket that brings them such a thing.
func parse(frame []byte) (message, error) {
	var m struct {
		Message string            `json:"message"`
		Data    []json.RawMessage `json:"data"`
	}
	if !utf8.Valid(frame) || json.Unmarshal(frame, &m) != nil || m.Message == "" || m.Data == nil {
		return message{}, errUnreadable
	}
	var f fields
	if len(m.Data) > 0 && json.Unmarshal(m.Data[0], &f) != nil {
		return message{}, errUnreadable
	}
	return message{name: m.Message, fields: f}, nil
}

// compose writes a message for a client.
func compose(name string, data ...any) ([]byte, error) {
	return json.Marshal(struct {
		Message string `json:"message"`
		Data    []any  `json:"data"`
	}{name, data})
}

// fields are the members of a client's object. It may be nil. Unknown members are ignored.
type fields map[string]json.RawMessage

// text reads a string. A number or a boolean counts as it is written, because pages send one for the other; what is
// absent, null or of another kind counts as empty.
func (f fields) text(name string) string {
	raw := f[name]
	if len(raw) == 0 {
		return ""
	}
	switch raw[0] {
	case '"':
		var s string
		_ = json.Unmarshal(raw, &s) // it was parsed before
		return s
	case '{', '[', 'n':
		return ""
	default:
		return string(raw)
	}
}

// typed reads what somebody typed into a page, or pasted.
func (f fields) typed(name string) string { return strings.TrimSpace(f.text(name)) }
