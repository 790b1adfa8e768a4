package main

import (
	"encoding/binary"
	"math"
)

// AMF 0 markers (AMF0 section 2.1).
const (
	amfNumber = 0x00
	amfString = 0x02
	amfObject = 0x03
	amfNull   = 0x05
	amfEnd    = 0x09
)

// command is an AMF 0 value list being written.
type command []byte

func newCommand(name string, transaction float64) command {
	return command(nil).text(name).number(transaction)
}

func (c command) number(v float64) command {
	return binary.BigEndian.AppendUint64(append(c, amfNumber), math.Float64bits(v))
}

func (c command) text(s string) command { return append(c, amfString).key(s) }

func (c command) null() command { return append(c, amfNull) }

// object writes names and texts in turn.
func (c command) object(pairs ...string) command {
	c = append(c, amfObject)
	for i := 0; i+1 < len(pairs); i += 2 {
		c = c.key(pairs[i]).text(pairs[i+1])
	}
	return append(c.key(""), amfEnd)
}

func (c command) key(s string) command {
	return append(binary.BigEndian.AppendUint16(c, uint16(len(s))), s...)
}

// commandName is the first value of a command.
func commandName(body []byte) string {
	if len(body) < 3 || body[0] != amfString {
		return ""
	}
	size := int(binary.BigEndian.Uint16(body[1:]))
	if 3+size > len(body) {
		return ""
	}
	return string(body[3 : 3+size])
}

// lastNumber is the last value of a command if it is a number: the stream id in the result of createStream.
func lastNumber(body []byte) (float64, bool) {
	const size = 9
	if len(body) < size || body[len(body)-size] != amfNumber {
		return 0, false
	}
	return math.Float64frombits(binary.BigEndian.Uint64(body[len(body)-size+1:])), true
}
