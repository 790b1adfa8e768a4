package rtpio

import (
	"time"

	"github.com/pion/rtcp"

	"callcast/gateway/internal/clock"
)

// maxCumulative is the largest number of lost packets a reception report can hold.
const maxCumulative = 1<<23 - 1

// tally counts what came from one synchronisation source, for reception reports (RFC 3550 section 6.4.1 and appendix A).
type tally struct {
	base, highest int64 // extended sequence numbers
	received      int64 // without duplicates

	expectedBefore, receivedBefore int64 // at the latest report

	rate    int // of the latest packet
	stamp   uint32
	arrived time.Time
	jitter  float64 // in ticks
}

// count takes a packet that has not been counted before.
func (t *tally) count(num int64, pkt *Packet, rate int) {
	t.received++
	t.highest = max(t.highest, num)
	if rate == 0 {
		return
	}
	if rate == t.rate && pkt.Timestamp != t.stamp {
		t.vary(pkt)
	}
	if rate != t.rate || pkt.Timestamp != t.stamp {
		t.rate, t.stamp, t.arrived = rate, pkt.Timestamp, pkt.Arrived
	}
}

// vary updates the jitter. Only the first packet of each stamp counts: the others are behind it because a picture takes
// many packets, not because the network is uneven.
func (t *tally) vary(pkt *Packet) {
	transit := clock.Ticks(pkt.Arrived.Sub(t.arrived), t.rate) - int64(int32(pkt.Timestamp-t.stamp))
	if transit < 0 {
		transit = -transit
	}
	t.jitter += (float64(transit) - t.jitter) / 16
}

func (t *tally) jitterMS() float64 {
	if t.rate == 0 {
		return 0
	}
	return t.jitter * 1000 / float64(t.rate)
}

// report ends an interval: the block for a report, without the times of the last sender report, and the share of packets
// lost in the interval.
func (t *tally) report(ssrc uint32) (block rtcp.ReceptionReport, lostShare float64) {
	expected := t.highest - t.base + 1
	expectedNow, receivedNow := expected-t.expectedBefore, t.received-t.receivedBefore
	t.expectedBefore, t.receivedBefore = expected, t.received
	if expectedNow > receivedNow {
		lostShare = float64(expectedNow-receivedNow) / float64(expectedNow)
	}
	return rtcp.ReceptionReport{
		SSRC:               ssrc,
		FractionLost:       uint8(min(lostShare*256, 255)),
		TotalLost:          uint32(min(max(expected-t.received, 0), maxCumulative)),
		LastSequenceNumber: uint32(t.highest),
		Jitter:             uint32(min(t.jitter, 1<<32-1)),
	}, lostShare
}
