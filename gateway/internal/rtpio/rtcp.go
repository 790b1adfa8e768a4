package rtpio

import (
	"net/netip"
	"slices"
	"time"

	"github.com/pion/rtcp"
)

// typeOldFIR is the full intra request of RFC 2032, which old video devices send.
const typeOldFIR = 192

// notify are the callbacks of RTCP. Each may be nil.
type notify struct {
	report   func(ntp uint64, rtp uint32, arrived time.Time)
	keyframe func()
	bye      func()
}

// takeRTCP takes a datagram from the RTCP port.
func (s *Session) takeRTCP(b []byte, src netip.AddrPort, now time.Time) {
	s.takeControl(b, src, now, false)
}

// takeControl takes a compound packet. Each part stands for itself: a faulty one ends the reading, and what was before it
// counts.
func (s *Session) takeControl(b []byte, src netip.AddrPort, now time.Time, muxed bool) {
	if !isRTCP(b) {
		s.countInvalid()
		return
	}
	b, ok := s.admitControl(b, src, now, muxed)
	if !ok {
		return
	}
	for len(b) > 0 {
		part, header, ok := cutPart(b)
		if !ok || !s.takePart(part, header, now) {
			s.countInvalid()
			return
		}
		b = b[len(part):]
	}
}

// admitControl keeps to the peer, decrypts, and remembers where its RTCP comes from.
func (s *Session) admitControl(b []byte, src netip.AddrPort, now time.Time, muxed bool) (plain []byte, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.control.accepts(src, &s.latch, now) {
		s.latch.discarded++
		return nil, false
	}
	if plain, ok = s.guard.openControl(b); ok {
		s.control.hear(src, muxed, now)
	}
	return plain, ok
}

// cutPart cuts the first packet off a compound packet, as far as its own length goes.
func cutPart(b []byte) (part []byte, header rtcp.Header, ok bool) {
	if !isRTPFamily(b) || header.Unmarshal(b) != nil {
		return nil, header, false
	}
	size := 4 * (int(header.Length) + 1)
	if size > len(b) {
		return nil, header, false
	}
	return b[:size], header, true
}

// takePart reads the packets that matter here. The others are passed over unread.
func (s *Session) takePart(part []byte, header rtcp.Header, now time.Time) (ok bool) {
	switch {
	case header.Type == rtcp.TypeSenderReport:
		var report rtcp.SenderReport
		if report.Unmarshal(part) != nil {
			return false
		}
		s.takeSenderReport(&report, now)
	case header.Type == rtcp.TypeReceiverReport:
		var report rtcp.ReceiverReport
		if report.Unmarshal(part) != nil {
			return false
		}
		s.takeBlocks(report.Reports, now)
	case header.Type == rtcp.TypeGoodbye:
		var bye rtcp.Goodbye
		if bye.Unmarshal(part) != nil {
			return false
		}
		s.takeGoodbye(&bye)
	case header.Type == rtcp.TypeTransportSpecificFeedback && header.Count == rtcp.FormatTLN:
		var nack rtcp.TransportLayerNack
		if nack.Unmarshal(part) != nil {
			return false
		}
		s.takeNack(&nack, now)
	case asksKeyframe(header):
		if s.notify.keyframe != nil {
			s.notify.keyframe()
		}
	}
	return true
}

// asksKeyframe tells whether a packet is one of the three ways to ask for a keyframe. Which source it names is not
// looked at: we send one, and some devices name none.
func asksKeyframe(header rtcp.Header) bool {
	if header.Type == rtcp.TypePayloadSpecificFeedback {
		return header.Count == rtcp.FormatPLI || header.Count == rtcp.FormatFIR
	}
	return header.Type == typeOldFIR
}

func (s *Session) takeSenderReport(report *rtcp.SenderReport, now time.Time) {
	s.takeBlocks(report.Reports, now)
	s.mu.Lock()
	ours := s.receiver.begun && report.SSRC == s.receiver.ssrc
	if ours {
		s.control.reportMiddle, s.control.reportAt = middle(report.NTPTime), now
	}
	s.mu.Unlock()
	if ours && s.notify.report != nil {
		s.notify.report(report.NTPTime, report.RTPTime, now)
	}
}

func (s *Session) takeBlocks(blocks []rtcp.ReceptionReport, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, block := range blocks {
		if block.SSRC == s.ssrc {
			s.control.answered(block.LastSenderReport, block.Delay, now)
		}
	}
}

// takeGoodbye heeds the goodbye of the source, or of anyone if no source has been heard.
func (s *Session) takeGoodbye(bye *rtcp.Goodbye) {
	s.mu.Lock()
	ours := !s.receiver.begun || slices.Contains(bye.Sources, s.receiver.ssrc)
	s.mu.Unlock()
	if ours && s.notify.bye != nil {
		s.notify.bye()
	}
}
