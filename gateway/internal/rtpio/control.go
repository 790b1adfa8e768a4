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
	heardAt   time.Time
	muxed     bool // it came to the RTP port

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

// controlSilence is how long RTCP must have been away before it may come from another port. Peers report every few seconds.
const controlSilence = 15 * time.Second

// accepts tells whether RTCP is the peer's by where it comes from: an address that was signalled or that media comes from,
// or else one port of the same host, since ports may have been translated.
func (c *control) accepts(src netip.AddrPort, l *latch, now time.Time) bool {
	if src == c.signalled || src == l.signalled || src == l.locked {
		return true
	}
	if c.heard.IsValid() && src != c.heard && now.Sub(c.heardAt) < controlSilence {
		return false
	}
	host := src.Addr()
	return host == c.signalled.Addr() || host == l.signalled.Addr() || host == l.locked.Addr()
}

func (c *control) hear(src netip.AddrPort, muxed bool, now time.Time) {
	c.heard, c.heardAt, c.muxed = src, now, muxed
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
