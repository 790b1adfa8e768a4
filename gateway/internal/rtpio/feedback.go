package rtpio

import (
	"time"

	"github.com/pion/rtcp"
)

// RequestKeyframe asks the source for a keyframe by what was negotiated, or by both PLI and FIR if neither was, since
// many devices heed them unannounced. It tells whether something was sent: nothing is while the source is not known.
func (s *Session) RequestKeyframe() bool {
	s.mu.Lock()
	if !s.receiver.begun {
		s.mu.Unlock()
		return false
	}
	source, allowed := s.receiver.ssrc, s.feedback
	neither := !allowed.PLI && !allowed.FIR
	var requests []rtcp.Packet
	if allowed.PLI || neither {
		requests = append(requests, &rtcp.PictureLossIndication{SenderSSRC: s.ssrc, MediaSSRC: source})
	}
	if allowed.FIR || neither {
		// Each new request has the next number; the media source stays 0 (RFC 5104 section 4.3.1).
		s.control.fir++
		requests = append(requests, &rtcp.FullIntraRequest{
			SenderSSRC: s.ssrc,
			FIR:        []rtcp.FIREntry{{SSRC: source, SequenceNumber: s.control.fir}},
		})
	}
	opening := s.opening(time.Now(), nil)
	s.mu.Unlock()
	return s.sendControl(opening, requests...)
}

// askAgain asks for packets that are missing (generic NACK, RFC 4585 section 6.2.1).
func (s *Session) askAgain(missing []uint16) {
	s.mu.Lock()
	nack := &rtcp.TransportLayerNack{
		SenderSSRC: s.ssrc,
		MediaSSRC:  s.receiver.ssrc,
		Nacks:      rtcp.NackPairsFromSequenceNumbers(missing),
	}
	opening := s.opening(time.Now(), nil)
	s.mu.Unlock()
	s.sendControl(opening, nack)
}
