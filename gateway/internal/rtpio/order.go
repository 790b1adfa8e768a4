package rtpio

import (
	"slices"
	"time"
)

const (
	// maxHeld bounds the packets kept behind a gap. It is more than one large keyframe.
	maxHeld = 256
	// audioHold and videoHold are how long a gap is waited for.
	audioHold = 60 * time.Millisecond
	videoHold = 80 * time.Millisecond
	// videoRate is the clock rate of every video payload.
	videoRate = 90000
	// maxWanted bounds the packets asked for at once; so many are not repaired by asking.
	maxWanted = 128
)

// order puts packets in sequence. It keeps packets only while one before them is missing.
type order struct {
	next int64     // the number to hand on next
	held []held    // behind the gap, sorted
	gap  time.Time // when the gap showed, zero if there is none
	hold time.Duration
	slow bool // hold is given, not chosen by the clock rate

	lost    int // to be told with the next packet
	restart bool
	total   uint64   // lost for good
	wanted  []uint16 // missing since the latest ask
}

type held struct {
	num int64
	Packet
}

// begin starts a sequence. Nothing is held: the one before has been flushed.
func (o *order) begin(num int64) {
	o.next, o.gap, o.lost = num, time.Time{}, 0
	o.wanted = o.wanted[:0]
}

// push takes a packet that is neither a duplicate nor far away.
func (o *order) push(num int64, pkt Packet, rate int, out []Packet) []Packet {
	if !o.slow {
		o.hold = audioHold
		if rate >= videoRate {
			o.hold = videoHold
		}
	}
	out = o.expire(pkt.Arrived, out)
	switch {
	case num < o.next: // given up already
		return out
	case num == o.next:
		out = o.emit(pkt, out)
	default:
		o.keep(num, pkt)
		if len(o.held) > maxHeld {
			o.skip()
		}
	}
	return o.drain(out)
}

// due is when the gap is given up, zero if there is none.
func (o *order) due() time.Time {
	if o.gap.IsZero() {
		return time.Time{}
	}
	return o.gap.Add(o.hold)
}

// expire gives up gaps whose time is over.
func (o *order) expire(now time.Time, out []Packet) []Packet {
	for !o.gap.IsZero() && !now.Before(o.due()) {
		o.skip()
		out = o.drain(out)
	}
	return out
}

// flush gives up all gaps.
func (o *order) flush(out []Packet) []Packet {
	for len(o.held) > 0 {
		o.skip()
		out = o.drain(out)
	}
	return out
}

// ask returns the numbers that turned out missing since it was called last. They are valid until the next push.
func (o *order) ask() []uint16 {
	wanted := o.wanted
	o.wanted = o.wanted[:0]
	return wanted
}

// missing appends the numbers that are still waited for.
func (o *order) missing(to []uint16) []uint16 {
	next := o.next
	for _, h := range o.held {
		for ; next < h.num && len(to) < maxWanted; next++ {
			to = append(to, uint16(next))
		}
		next = h.num + 1
	}
	return to
}

func (o *order) keep(num int64, pkt Packet) {
	at, _ := slices.BinarySearchFunc(o.held, num, func(h held, num int64) int { return int(h.num - num) })
	if at == len(o.held) {
		o.want(num)
	}
	o.held = slices.Insert(o.held, at, held{num, pkt})
	if o.gap.IsZero() {
		o.gap = pkt.Arrived
	}
}

// want notes the numbers missing right before num, which is the highest so far.
func (o *order) want(num int64) {
	from := o.next
	if len(o.held) > 0 {
		from = o.held[len(o.held)-1].num + 1
	}
	if num-from > maxWanted {
		return
	}
	for n := from; n < num; n++ {
		o.wanted = append(o.wanted, uint16(n))
	}
}

// skip gives up the gap before the first held packet.
func (o *order) skip() {
	lost := o.held[0].num - o.next
	o.lost += int(lost)
	o.total += uint64(lost)
	o.next = o.held[0].num
}

// drain hands on the held packets that are next.
func (o *order) drain(out []Packet) []Packet {
	n := 0
	for n < len(o.held) && o.held[n].num == o.next {
		out = o.emit(o.held[n].Packet, out)
		n++
	}
	if n == 0 {
		return out
	}
	o.held = slices.Delete(o.held, 0, n)
	o.gap = time.Time{}
	for i := range o.held { // another gap shows since the first packet behind it
		if at := o.held[i].Arrived; o.gap.IsZero() || at.Before(o.gap) {
			o.gap = at
		}
	}
	return out
}

// emit hands a packet on, unless all it did was to fill its place.
func (o *order) emit(pkt Packet, out []Packet) []Packet {
	o.next++
	if pkt.Payload == nil {
		return out
	}
	pkt.Lost, pkt.Restart = o.lost, o.restart
	o.lost, o.restart = 0, false
	return append(out, pkt)
}
