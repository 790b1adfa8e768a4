package rtc

import (
	"net"
	"net/netip"
	"slices"
)

const (
	maxBatch  = 256 << 10 // bytes that wait; more than that have to wait for them to be gone
	maxParcel = 60_000    // bytes of one
	maxPieces = 64        // of a parcel: what Linux takes (udp(7), UDP_SEGMENT)
)

// batch is packets that leave together.
type batch struct {
	bytes   []byte // one packet after another
	parcels []parcel
}

// parcel is packets in a row for one address: all as long as the first but the last, which may be shorter.
type parcel struct {
	to        netip.AddrPort
	from, end int // in the bytes of the batch
	size      int // of the first packet
}

// add copies a packet into the batch.
func (b *batch) add(packet []byte, to netip.AddrPort) {
	from := len(b.bytes)
	b.bytes = append(b.bytes, packet...)
	if last := len(b.parcels) - 1; last >= 0 && b.parcels[last].takes(len(packet), to) {
		b.parcels[last].end = len(b.bytes)
		return
	}
	b.parcels = append(b.parcels, parcel{to: to, from: from, end: len(b.bytes), size: len(packet)})
}

func (p *parcel) takes(n int, to netip.AddrPort) bool {
	held := p.end - p.from
	return p.to == to && n > 0 && n <= p.size && held%p.size == 0 && held+n <= maxParcel && held/p.size < maxPieces
}

// pieces is how many packets a parcel holds.
func (p *parcel) pieces() int { return (p.end - p.from + p.size - 1) / p.size }

// of is what a parcel holds.
func (b *batch) of(p *parcel) []byte { return b.bytes[p.from:p.end] }

// sendSingly sends the packets of a parcel one after another and returns how many the system refused.
func sendSingly(conn *net.UDPConn, b *batch, p *parcel) (refused int) {
	for packet := range slices.Chunk(b.of(p), p.size) {
		if _, err := conn.WriteToUDPAddrPort(packet, p.to); err != nil {
			refused++
		}
	}
	return refused
}

func (b *batch) empty() bool { return len(b.parcels) == 0 }
func (b *batch) full() bool  { return len(b.bytes) >= maxBatch }
func (b *batch) clear()      { b.bytes, b.parcels = b.bytes[:0], b.parcels[:0] }
