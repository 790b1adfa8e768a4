package rtpio

import (
	"maps"
	"time"

	"github.com/pion/rtcp"
)

// Inlet puts the packets of one RTP stream in order and accounts for them, for those whose packets come through ports
// other than a Session's. It has no lock: its user serialises.
type Inlet struct {
	parser   parser
	arena    arena
	rates    map[uint8]int
	receiver receiver
	control  control
	ready    []Packet
	invalid  uint64
	last     time.Time
}

// NewInlet returns an inlet that accepts the payload types of which it is told the clock rates, and waits for a missing
// packet as long as it may take to be sent again.
func NewInlet(rates map[uint8]int, hold time.Duration) *Inlet {
	i := &Inlet{rates: maps.Clone(rates)}
	i.receiver.order.hold, i.receiver.order.slow = hold, true
	return i
}

// Push takes a packet as it came. It returns what can be handed on and the numbers that newly turn out missing, both valid
// until the next call.
func (i *Inlet) Push(b []byte, now time.Time) (ready []Packet, missing []uint16) {
	i.ready = i.ready[:0]
	pkt, ok := i.parser.parse(b, now)
	if !ok {
		i.invalid++
		return nil, nil
	}
	rate := i.rates[pkt.PayloadType]
	if rate == 0 {
		i.invalid++
		pkt.Payload = nil // it still has its place in the sequence
	}
	if pkt.Payload != nil {
		pkt.Payload = i.arena.copy(pkt.Payload)
	}
	i.last = now
	i.ready = i.receiver.push(pkt, rate, i.ready)
	return i.ready, i.receiver.order.ask()
}

// Expire gives up gaps whose time is over. It returns what can be handed on then, valid until the next call.
func (i *Inlet) Expire(now time.Time) []Packet {
	i.ready = i.receiver.order.expire(now, i.ready[:0])
	return i.ready
}

// Missing are the numbers that are still waited for.
func (i *Inlet) Missing() []uint16 { return i.receiver.order.missing(nil) }

// SenderReport takes the time of a report of the source, for the next report about it.
func (i *Inlet) SenderReport(ntp uint64, now time.Time) {
	i.control.reportMiddle, i.control.reportAt = middle(ntp), now
}

// Report ends an interval and returns what is to be reported of it, unless nothing has come yet.
func (i *Inlet) Report(now time.Time) (rtcp.ReceptionReport, bool) {
	if !i.receiver.begun {
		return rtcp.ReceptionReport{}, false
	}
	block, lostShare := i.receiver.tally.report(i.receiver.ssrc)
	i.control.lossPercent = 100 * lostShare
	block.LastSenderReport, block.Delay = i.control.lastReport(now)
	return block, true
}

// Stats returns the counters.
func (i *Inlet) Stats() Stats {
	r := &i.receiver
	return Stats{
		Packets: r.packets, Bytes: r.bytes, Lost: r.order.total, Discarded: r.strays,
		Reordered: r.reordered, Duplicates: r.duplicates, Invalid: i.invalid,
		LossPercent: i.control.lossPercent, JitterMS: r.tally.jitterMS(), SSRC: r.ssrc, LastPacket: i.last,
	}
}
