package gateway

import "time"

// Ladder is the SIP messages of one call, oldest first.
type Ladder struct {
	CallID   string
	Messages []SIPMessage
	Dropped  int // older ones that were not kept
}

// SIPMessage is one message as it was on the wire. Credentials and media keys in it are masked.
type SIPMessage struct {
	At        time.Time
	Sent      bool   // by us; else received
	Remote    string // address of the other end
	Transport Transport
	Start     string // the first line
	Text      string // the whole message
	SDP       string // its session description, if it has one
	Repeats   int    // how often the same message was seen again
}
