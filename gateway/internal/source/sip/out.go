package sip

import (
	"math/rand/v2"
	"time"

	"github.com/pion/rtp"
)

// rtpSender sends the packets of one RTP stream. Its sender reports take the latest packet to have been sent at its
// stamp's moment, so what is sent leaves when its stamp says, or has a later one.
type rtpSender interface {
	Send(*rtp.Packet) error
	SetSendClock(rate int)
}

// out is one outgoing RTP stream.
type out struct {
	sender rtpSender
	packet rtp.Packet // sent again and again, with the next number
	alive  time.Time  // when keepAlive last sent
}

// maxFirst bounds the first number: a peer that misses the first packets must not miss that the numbers began anew, or it
// could not decrypt any more (RFC 3711 section 3.3.1).
const maxFirst = 1 << 15

func newOut(s rtpSender) out {
	o := out{sender: s}
	o.packet.SequenceNumber, o.packet.Timestamp = uint16(rand.UintN(maxFirst)), rand.Uint32()
	return o
}

// send sends a packet. What cannot be sent is not sent again: the stream goes on as if it had been lost on the way.
func (o *out) send(payloadType uint8, stamp uint32, marker bool, payload []byte) {
	o.packet.PayloadType, o.packet.Timestamp, o.packet.Marker, o.packet.Payload = payloadType, stamp, marker, payload
	o.packet.SequenceNumber++
	_ = o.sender.Send(&o.packet)
}

// An empty packet of a payload type that nobody uses keeps a NAT binding (RFC 6263 section 4.6).
const (
	keepAlivePeriod = 15 * time.Second
	unusedType      = 20
)

func (o *out) keepAlive(now time.Time) {
	if now.Sub(o.alive) >= keepAlivePeriod {
		o.alive = now
		o.send(unusedType, o.packet.Timestamp, false, nil)
	}
}
