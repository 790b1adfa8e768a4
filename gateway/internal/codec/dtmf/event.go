package dtmf

import (
	"encoding/binary"
	"strings"
)

// keys in the order of their event codes, RFC 4733 table 7.
const keys = "0123456789*#ABCD"

// Valid reports whether every character of digits is a key: 0-9 * # A-D.
func Valid(digits string) bool {
	return strings.Trim(digits, keys) == ""
}

const (
	eventSize = 4
	endBit    = 0x80
	maxEvent  = 0xFFFF // longest duration one event can state
)

// event is the payload of RFC 4733 section 2.3.
type event struct {
	code     byte
	end      bool
	volume   byte // dBm0 without its sign
	duration uint16
}

func (e event) marshal() []byte {
	b := []byte{e.code, e.volume, 0, 0}
	if e.end {
		b[1] |= endBit
	}
	binary.BigEndian.PutUint16(b[2:], e.duration)
	return b
}

func parseEvent(b []byte) (event, bool) {
	if len(b) < eventSize || int(b[0]) >= len(keys) {
		return event{}, false
	}
	return event{
		code: b[0], end: b[1]&endBit != 0, volume: b[1] & 0x3F,
		duration: binary.BigEndian.Uint16(b[2:]),
	}, true
}
