package rtpio

import (
	"net/netip"
	"time"
)

// Stats are the counters of a session since it was made, unless said otherwise.
type Stats struct {
	Packets    uint64 // received from the source, without duplicates
	Bytes      uint64 // of their payloads
	Lost       uint64 // given up
	Discarded  uint64 // from strangers, or not encrypted as was agreed
	Reordered  uint64 // that came after a later one
	Duplicates uint64
	Resent     uint64 // of what we sent, since the peer asked
	Invalid    uint64 // neither RTP nor RTCP, or of a payload type that is not accepted

	LossPercent float64 // between the latest two reports that we sent
	JitterMS    float64 // interarrival jitter (RFC 3550 section 6.4.1)
	Remote      netip.AddrPort
	SSRC        uint32 // of the source, 0 while there is none
	LastPacket  time.Time
	RTT         time.Duration // 0 while it is not known
}

// Stats returns the counters.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.receiver
	return Stats{
		Packets: r.packets, Bytes: r.bytes, Lost: r.order.total,
		Discarded: s.latch.discarded + s.guard.refused + r.strays, Resent: s.kept.resent,
		Reordered: r.reordered, Duplicates: r.duplicates, Invalid: s.invalid,
		LossPercent: s.control.lossPercent, JitterMS: r.tally.jitterMS(),
		Remote: s.latch.remote(), SSRC: r.ssrc, LastPacket: s.lastData, RTT: s.control.roundTrip,
	}
}
