package rtpio

import (
	"net/netip"
	"time"
)

const (
	// probation is how many packets in a row a source that was not signalled must send.
	probation = 3
	// nearby is how far the numbers of such packets may be apart.
	nearby = 16
	// silence is how long the source must have sent nothing before another may take its place.
	silence = 2 * time.Second
)

// verdict is what becomes of a packet by its source.
type verdict uint8

const (
	stranger verdict = iota // dropped
	waiting                 // kept until its source has shown itself
	joined                  // the first packet of a source that is now the one; those that waited go before it
	known                   // from the one
)

// closeness is how near a source is to what the signalling says.
type closeness uint8

const (
	foreign  closeness = iota
	sameHost           // of the host that was signalled, or that signals
	exact              // where it was signalled
)

// latch keeps a session to one remote source. Media often comes from another address than was signalled (NAT), but must
// not be mixed with that of a stranger. Whoever is closer to what the signalling says may come at any time, others only when
// the one is silent: a stranger who was first has nothing of it once the peer sends.
type latch struct {
	host      netip.Addr // that signals, invalid if it is not known
	signalled netip.AddrPort
	locked    netip.AddrPort // invalid while there is none
	heard     time.Time      // the latest packet from locked

	candidate netip.AddrPort
	waiting   []Packet // from candidate, at most probation-1
	discarded uint64
}

// signal takes the address from the SDP. Another one than before ends what was locked, and may be of somebody else than the
// host that signals. The first one does not, because media may come before the answer; but a stranger has to show itself again.
func (l *latch) signal(address netip.AddrPort) {
	if address == l.signalled {
		return
	}
	first := !l.signalled.IsValid()
	l.signalled = address
	if !first {
		l.host = netip.Addr{}
	}
	if !first || l.closeness(l.locked) == foreign {
		l.locked = netip.AddrPort{}
	}
}

func (l *latch) closeness(src netip.AddrPort) closeness {
	switch {
	case !src.IsValid():
		return foreign
	case src == l.signalled:
		return exact
	case src.Addr() == l.signalled.Addr() || src.Addr() == l.host:
		return sameHost
	}
	return foreign
}

// remote is where to send: where the media comes from, or else where it was asked for.
func (l *latch) remote() netip.AddrPort {
	if l.locked.IsValid() {
		return l.locked
	}
	return l.signalled
}

func (l *latch) judge(src netip.AddrPort, pkt *Packet) verdict {
	switch {
	case src == l.locked:
		l.heard = pkt.Arrived
		if l.closeness(l.candidate) <= l.closeness(src) {
			l.dismiss()
		}
		return known
	case src == l.signalled:
		return l.lock(src, pkt)
	case l.deaf(src, pkt.Arrived):
		l.discarded++
		return stranger
	}
	if src != l.candidate || !l.consistent(pkt) {
		l.dismiss()
		l.candidate = src
	}
	if len(l.waiting) == probation-1 {
		return l.lock(src, pkt)
	}
	return waiting
}

// deaf tells whether packets from there are dropped whatever is in them: while one is heard who is as close, or one shows
// itself who is closer.
func (l *latch) deaf(src netip.AddrPort, now time.Time) bool {
	if src == l.locked || src == l.signalled {
		return false
	}
	near := l.closeness(src)
	if l.locked.IsValid() && now.Sub(l.heard) < silence && near <= l.closeness(l.locked) {
		return true
	}
	n := len(l.waiting)
	return n > 0 && now.Sub(l.waiting[n-1].Arrived) < silence && near < l.closeness(l.candidate)
}

// consistent tells whether the packet goes on from those that wait.
func (l *latch) consistent(pkt *Packet) bool {
	if len(l.waiting) == 0 {
		return true
	}
	last := &l.waiting[len(l.waiting)-1]
	apart := int16(pkt.SequenceNumber - last.SequenceNumber)
	return pkt.SSRC == last.SSRC && apart != 0 && apart >= -nearby && apart <= nearby
}

func (l *latch) lock(src netip.AddrPort, pkt *Packet) verdict {
	if src != l.candidate {
		l.dismiss()
	}
	l.locked, l.heard = src, pkt.Arrived
	return joined
}

// admit hands out the packets that waited.
func (l *latch) admit() []Packet {
	packets := l.waiting
	l.waiting, l.candidate = nil, netip.AddrPort{}
	return packets
}

// dismiss drops the candidate.
func (l *latch) dismiss() {
	l.discarded += uint64(len(l.waiting))
	l.waiting, l.candidate = nil, netip.AddrPort{}
}
