package rest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"callcast/gateway"
)

// maxBody is the longest request body taken.
const maxBody = 64 << 10

// Reasons for a request that cannot be read. They are about JSON, which the contract knows nothing of.
const (
	reasonJSON = "json"
	reasonType = "json_type"
)

// fields reads the members of a request's JSON object the loose way WCS does: booleans and numbers may be strings,
// null and "" mean absent, unknown members are ignored. The first member of a wrong type is kept in err, and reading
// goes on, so that an endpoint checks once.
type fields struct {
	members map[string]json.RawMessage
	err     *gateway.Error
}

// readFields reads a request's body. No body at all is an object without members.
func readFields(w http.ResponseWriter, r *http.Request) (*fields, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		return nil, unreadable(gateway.ReasonTooLong, fmt.Sprintf("the body is longer than %d KiB.", maxBody>>10))
	}
	if err != nil {
		return nil, unreadable(reasonJSON, "the body did not arrive whole.")
	}
	return parseFields(body)
}

func parseFields(body []byte) (*fields, error) {
	f := &fields{}
	if len(bytes.TrimSpace(body)) == 0 {
		return f, nil
	}
	if !json.Valid(body) {
		return nil, unreadable(reasonJSON, `the body is not JSON: send an object like {"callId":"1"}.`)
	}
	// What is valid JSON fails here only for not being an object.
	if err := json.Unmarshal(body, &f.members); err != nil || f.members == nil {
		return nil, unreadable(reasonType, fmt.Sprintf(`the body is %s: send an object like {"callId":"1"}.`, kindOf(body)))
	}
	return f, nil
}

func unreadable(reason, message string) error {
	return &gateway.Error{Code: gateway.CodeInvalid, Reason: reason, Field: "body", Message: message}
}

// text reads a string; a number counts as its digits, because clients write phone numbers that way.
func (f *fields) text(name string) string {
	raw := f.get(name)
	if raw == nil {
		return ""
	}
	if c := raw[0]; c == '-' || c >= '0' && c <= '9' {
		return string(raw)
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		f.wrong(name, "text", raw)
	}
	return s
}

// textOf reads the first of several names that is there.
func (f *fields) textOf(names ...string) string {
	for _, name := range names {
		if s := f.text(name); s != "" {
			return s
		}
	}
	return ""
}

// required reads a string that must be there.
func (f *fields) required(name string) string {
	s := f.text(name)
	if s == "" {
		f.keep(&gateway.Error{
			Code: gateway.CodeInvalid, Reason: gateway.ReasonRequired, Field: name, Message: name + " is missing.",
		})
	}
	return s
}

// flag reads a boolean.
func (f *fields) flag(name string, absent bool) bool {
	raw := f.get(name)
	if raw == nil {
		return absent
	}
	switch strings.ToLower(unquote(raw)) {
	case "true":
		return true
	case "false":
		return false
	case "":
		return absent
	}
	f.wrong(name, "true or false", raw)
	return absent
}

// number reads a whole number; absent is 0.
func (f *fields) number(name string) int {
	raw := f.get(name)
	if raw == nil {
		return 0
	}
	s := unquote(raw)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		f.wrong(name, "a whole number", raw)
	}
	return n
}

// object reads an object of any content.
func (f *fields) object(name string) map[string]any {
	raw := f.get(name)
	if raw == nil {
		return nil
	}
	var m map[string]any
	if json.Unmarshal(raw, &m) != nil {
		f.wrong(name, "an object", raw)
	}
	return m
}

// choice reads a boolean for which absent is a third value, nil.
func (f *fields) choice(name string) *bool {
	raw := f.get(name)
	if raw == nil || unquote(raw) == "" {
		return nil
	}
	return new(f.flag(name, false))
}

// texts reads a list of strings, without the empty ones; one string will do.
func (f *fields) texts(name string) []string {
	raw := f.get(name)
	if raw == nil {
		return nil
	}
	if kindOf(raw) != "an array" {
		if s := f.text(name); s != "" {
			return []string{s}
		}
		return nil
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		f.keep(&gateway.Error{
			Code: gateway.CodeInvalid, Reason: reasonType, Field: name, Message: name + " holds something else than text: give a list of texts.",
		})
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// inner returns the members of the object under name, none if it is absent.
func (f *fields) inner(name string) *fields {
	in := &fields{}
	raw := f.get(name)
	if raw != nil && unquote(raw) != "" && json.Unmarshal(raw, &in.members) != nil {
		f.wrong(name, "an object", raw)
	}
	return in
}

// lift adds the members of the object under name to those of f, where f has none.
func (f *fields) lift(name string) {
	for k, v := range f.inner(name).members {
		if _, ok := f.members[k]; !ok {
			f.members[k] = v
		}
	}
}

// problem returns what was wrong, as a plain nil if nothing was.
func (f *fields) problem() error {
	if f.err == nil {
		return nil
	}
	return f.err
}

func (f *fields) get(name string) json.RawMessage {
	raw := f.members[name]
	if string(raw) == "null" {
		return nil
	}
	return raw
}

// wrong tells the sort of value that came, never the value: it may be a misplaced password.
func (f *fields) wrong(name, want string, raw json.RawMessage) {
	f.keep(&gateway.Error{
		Code: gateway.CodeInvalid, Reason: reasonType, Field: name,
		Message: fmt.Sprintf("%s is %s: give %s.", name, kindOf(raw), want),
	})
}

func (f *fields) keep(err *gateway.Error) {
	if f.err == nil {
		f.err = err
	}
}

// unquote returns the text of a JSON string, and any other value as it is written.
func unquote(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	return string(raw)
}

func kindOf(raw []byte) string {
	raw = bytes.TrimSpace(raw)
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "an array"
	case '"':
		return "a string"
	case 't', 'f':
		return "a boolean"
	case 'n':
		return "null"
	}
	return "a number"
}
