package rtmp

import "strings"

// command is a command message that was heard (7.2).
type command struct {
	name        string
	transaction float64
	args        []any // after the transaction: the command object first
}

// parseCommand reads a command message. Its name is empty if it is none.
func parseCommand(m message) command {
	payload := m.payload
	if m.kind == typeCommandAMF3 && len(payload) > 0 { // AMF0 behind a format byte
		payload = payload[1:]
	}
	values := (&amfReader{payload}).values()
	var c command
	if len(values) < 2 {
		return c
	}
	c.name, _ = values[0].(string)
	c.transaction, _ = values[1].(float64)
	c.args = values[2:]
	return c
}

// text is an argument that is a string.
func (c command) text(i int) string {
	if i >= len(c.args) {
		return ""
	}
	s, _ := c.args[i].(string)
	return s
}

// number is an argument that is a number.
func (c command) number(i int) (float64, bool) {
	if i >= len(c.args) {
		return 0, false
	}
	n, ok := c.args[i].(float64)
	return n, ok
}

// object is an argument that is an object; reading from it is safe whatever it is.
func (c command) object(i int) map[string]any {
	if i >= len(c.args) {
		return nil
	}
	o, _ := c.args[i].(map[string]any)
	return o
}

// status is the information object of a result or an onStatus (7.2.2).
type status struct{ level, code, description string }

func (c command) status() status {
	info := c.object(1)
	text := func(key string) string {
		s, _ := info[key].(string)
		return strings.ToValidUTF8(s, "?")
	}
	return status{level: text("level"), code: text("code"), description: text("description")}
}
