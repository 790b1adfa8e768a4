package rtpio

import (
	"net/netip"
	"time"

	"callcast/gateway/internal/clock"
)

// control is the state of RTCP.
type control struct {
	signalled netip.AddrPort
	heard     netip.AddrPort // where accepted RTCP came from last
	muxed     bool           // it came to the RTP port

	reportMiddle uint32 // middle 32 bits of the NTP stamp of the source's latest report
	reportAt     time.Time
	roundTrip    time.Duration
	lossPercent  float64 // in the latest interval
	fir          uint8   // number of the latest FIR
}

func (c *control) signal(address netip.AddrPort) {
	if address != c.signalled {
		c.signalled = address
		c.forget()
	}
}

// forget drops where RTCP came from, since the media has moved.
func (c *control) forget() { c.heard, c.muxed = netip.AddrPort{}, false }

// accepts tells whether RTCP from that host is the peer's. The port is not looked at: it may have been translated.
func (c *control) accepts(src netip.AddrPort, l *latch) bool {
	host := src.Addr()
	return host == c.signalled.Addr() || host == l.signalled.Addr() || host == l.locked.Addr()
}

// remote is where to send RTCP: where it came from, else where it was asked for, else beside the media. What was asked for
// does not count if the media comes from elsewhere.
func (c *control) remote(l *latch) (address netip.AddrPort, muxed bool) {
	if c.heard.IsValid() {
		return c.heard, c.muxed
	}
	media := l.remote()
	if c.signalled.IsValid() && media == l.signalled {
		return c.signalled, false
	}
	if !media.IsValid() || media.Port() == 65535 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(media.Addr(), media.Port()+1), false
}

// lastReport is the time of the source's latest report and how long ago it came, in the units of a reception report.
func (c *control) lastReport(now time.Time) (middle, delay uint32) {
	if c.reportAt.IsZero() {
		return 0, 0
	}
	return c.reportMiddle, uint32(clock.Ticks(now.Sub(c.reportAt), shortRate))
}

// shortRate is the unit of the short NTP format: 16 bits of seconds, 16 of their fraction.
const shortRate = 1 << 16

// middle returns the short NTP format of a stamp.
func middle(ntp uint64) uint32 { return uint32(ntp >> 16) }

// answered takes a report about what we send: our report that it has seen, and how long it had held it.
func (c *control) answered(seen, held uint32, now time.Time) {
	if seen == 0 {
		return
	}
	if trip := int32(middle(clock.NTP(now)) - seen - held); trip >= 0 {
		c.roundTrip = clock.Duration(int64(trip), shortRate)
	}
}
