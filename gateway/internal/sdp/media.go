package sdp

import (
	"net/netip"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// Answer is what two parties have agreed on, as this side sees it.
type Answer struct {
	Audio   *Media // nil if refused by either side
	Video   *Media
	Refused []gateway.MediaLine
	Unused  []gateway.MediaLine // codecs of lines that are used without them
}

// Media is one agreed RTP stream.
type Media struct {
	RTP       netip.AddrPort // where to send; not valid while the other side wants nothing
	RTCP      netip.AddrPort
	Payloads  []Payload // in the other side's order of preference
	DTMF      *Payload  // telephone-event, if agreed
	Direction Direction
	Feedback  Feedback
	Crypto    *Crypto       // nil: in the clear
	PTime     time.Duration // how much audio the other side wants in a packet; 0 if it does not say
}

// Payload is one payload type. Codec is empty for telephone-event.
type Payload struct {
	Type              uint8
	Codec             media.Codec
	ClockRate         int
	PacketizationMode int    // H264
	SPS, PPS          []byte // H264: sprop-parameter-sets, if given
}

// Feedback tells which RTCP feedback the other side understands. Named is false if it said nothing about any.
type Feedback struct {
	PLI, FIR, NACK bool
	Named          bool
}

// Direction is which way media flows, as this side sees it.
type Direction struct{ Send, Receive bool }

func (d Direction) String() string {
	switch d {
	case Direction{true, true}:
		return "sendrecv"
	case Direction{false, true}:
		return "recvonly"
	case Direction{true, false}:
		return "sendonly"
	}
	return "inactive"
}

// reverse is the same flow seen from the other side.
func (d Direction) reverse() Direction { return Direction{Send: d.Receive, Receive: d.Send} }

func (d Direction) and(other Direction) Direction {
	return Direction{Send: d.Send && other.Send, Receive: d.Receive && other.Receive}
}

// parseDirection recognises a direction attribute.
func parseDirection(name string) (Direction, bool) {
	switch name {
	case "sendrecv":
		return Direction{true, true}, true
	case "recvonly":
		return Direction{false, true}, true
	case "sendonly":
		return Direction{true, false}, true
	case "inactive":
		return Direction{}, true
	}
	return Direction{}, false
}
