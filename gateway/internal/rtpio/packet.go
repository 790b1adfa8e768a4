package rtpio

import (
	"time"

	"github.com/pion/rtp"
)

// Packet is a received RTP packet, in order. The payload belongs to whoever gets the packet.
type Packet struct {
	PayloadType    uint8
	Marker         bool
	SequenceNumber uint16
	Timestamp      uint32
	SSRC           uint32
	Payload        []byte

	Arrived time.Time
	Lost    int  // how many packets are missing right before this one
	Restart bool // stamps and numbers begin anew here: another SSRC, or a jump in the sequence
}

// rtpVersion is in the two upper bits of every RTP and RTCP packet (RFC 3550 section 5.1). STUN and DTLS have another.
const rtpVersion = 2

func isRTPFamily(b []byte) bool { return len(b) >= 2 && b[0]>>6 == rtpVersion }

// isRTCP tells RTCP from RTP on the same port (RFC 5761 section 4).
func isRTCP(b []byte) bool { return isRTPFamily(b) && b[1] >= 192 && b[1] <= 223 }

// parser reads RTP packets. It is kept because the header reuses its memory.
type parser struct{ header rtp.Header }

// parse reads a packet. The payload is still part of b; it is nil if the packet has none (padding only).
func (p *parser) parse(b []byte, arrived time.Time) (Packet, bool) {
	if !isRTPFamily(b) {
		return Packet{}, false
	}
	h := &p.header
	start, err := h.Unmarshal(b)
	if err != nil {
		return Packet{}, false
	}
	end := len(b)
	if h.Padding {
		end -= int(b[end-1])
	}
	if end < start {
		return Packet{}, false
	}
	pkt := Packet{
		PayloadType: h.PayloadType, Marker: h.Marker,
		SequenceNumber: h.SequenceNumber, Timestamp: h.Timestamp, SSRC: h.SSRC,
		Arrived: arrived,
	}
	if end > start {
		pkt.Payload = b[start:end]
	}
	return pkt, true
}
