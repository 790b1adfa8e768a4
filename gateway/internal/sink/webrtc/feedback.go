package webrtc

import (
	"time"

	"github.com/pion/rtcp"

	"callcast/gateway/internal/clock"
)

// listen acts upon what the browser says of the track until the peer is closed.
func (s *sender) listen(requestKey func()) {
	for {
		packets, err := s.track.ReadFeedback()
		if err != nil {
			return
		}
		for _, p := range packets {
			s.hear(p, requestKey)
		}
	}
}

func (s *sender) hear(p rtcp.Packet, requestKey func()) {
	switch p := p.(type) {
	case *rtcp.TransportLayerNack:
		s.resend(p.Nacks)
	case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
		s.tally.keyRequested()
		requestKey()
	case *rtcp.ReceiverReport:
		for _, r := range p.Reports {
			if r.SSRC == s.track.SSRC() {
				s.tally.reported(float64(r.FractionLost)/256, roundTrip(r, time.Now()))
			}
		}
	}
}

func (s *sender) resend(nacks []rtcp.NackPair) {
	for _, pair := range nacks {
		for _, seq := range pair.PacketList() {
			h, payload, ok := s.past.again(seq, time.Now())
			if ok && s.track.Resend(h, payload) != nil {
				return
			}
			s.tally.missed(ok)
		}
	}
}

// roundTrip is how long a report and its answer were on the way (RFC 3550 section 6.4.1), 0 if the browser has not
// had a report yet.
func roundTrip(r rtcp.ReceptionReport, now time.Time) time.Duration {
	if r.LastSenderReport == 0 {
		return 0
	}
	units := int32(uint32(clock.NTP(now)>>16) - r.LastSenderReport - r.Delay) // 1/65536 s
	return max(0, clock.Duration(int64(units), 1<<16))
}
