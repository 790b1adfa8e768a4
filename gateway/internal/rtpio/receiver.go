package rtpio

import "time"

const (
	// maxJump is how far a sequence number may be from the highest. Further away it is a new sequence.
	maxJump = 500
	// When for so long, and so often, there is nothing but packets from before, it is a new sequence.
	oldFor   = 250 * time.Millisecond
	oldTimes = 8
)

// receiver turns the packets of the locked remote into an orderly sequence. It follows one synchronisation source, and
// changes to another (or to a new sequence of the same) when two packets in a row say so.
type receiver struct {
	begun      bool
	ssrc       uint32
	order      order
	tally      tally
	seen       seen
	old        old
	challenger Packet // the first packet of what may become the new sequence
	challenged bool

	packets, bytes, reordered, duplicates, strays uint64
}

// push takes a packet and appends to out what can be handed on. A packet without payload only fills its place in the
// sequence. The rate is 0 if the payload type is not accepted.
func (r *receiver) push(pkt Packet, rate int, out []Packet) []Packet {
	if !r.begun {
		r.begin(&pkt)
	}
	num := r.tally.highest + int64(int16(pkt.SequenceNumber-uint16(r.tally.highest)))
	if ahead := num - r.tally.highest; pkt.SSRC != r.ssrc || ahead > maxJump || ahead < -maxJump {
		return r.challenge(pkt, rate, out)
	}
	if r.challenged {
		r.challenged, r.challenger = false, Packet{}
		r.strays++
	}
	if num >= r.tally.highest {
		r.old = old{}
	} else if r.old.takes(pkt.Arrived) {
		out = r.anew(&pkt, out)
		num = r.tally.highest
	}
	highest := r.tally.highest
	if !r.seen.add(num, highest) {
		r.duplicates++
		return out
	}
	if num < highest {
		r.reordered++
	}
	r.packets++
	r.bytes += uint64(len(pkt.Payload))
	r.tally.count(num, &pkt, rate)
	return r.order.push(num, pkt, rate, out)
}

// anew begins another sequence behind the one so far.
func (r *receiver) anew(first *Packet, out []Packet) []Packet {
	out = r.order.flush(out)
	r.begin(first)
	r.order.restart = true
	return out
}

func (r *receiver) begin(pkt *Packet) {
	num := int64(pkt.SequenceNumber)
	r.begun, r.ssrc, r.old = true, pkt.SSRC, old{}
	r.tally = tally{base: num, highest: num}
	r.seen = seen{}
	r.order.begin(num)
}

// challenge considers a packet that does not belong to the present sequence.
func (r *receiver) challenge(pkt Packet, rate int, out []Packet) []Packet {
	if pkt.Payload == nil {
		r.strays++
		return out
	}
	if !r.challenged || !follows(&pkt, &r.challenger) {
		if r.challenged {
			r.strays++
		}
		r.challenged, r.challenger = true, pkt
		return out
	}
	first := r.challenger
	r.challenged, r.challenger = false, Packet{}
	out = r.anew(&first, out)
	out = r.push(first, rate, out)
	return r.push(pkt, rate, out)
}

func follows(pkt, first *Packet) bool {
	ahead := pkt.SequenceNumber - first.SequenceNumber
	return pkt.SSRC == first.SSRC && ahead > 0 && ahead <= nearby
}

// old counts packets from before, with none between them that goes on.
type old struct {
	since time.Time
	times int
}

// takes takes one, and tells whether the sender counts anew from a number that it has passed: it has begun again, or is
// another with the same SSRC.
func (o *old) takes(arrived time.Time) bool {
	if o.times == 0 {
		o.since = arrived
	}
	o.times++
	return o.times >= oldTimes && arrived.Sub(o.since) >= oldFor
}

// seen remembers which of the latest numbers have come.
type seen [1024 / 64]uint64

// add returns false if the number has come before. Numbers are within maxJump of the highest.
func (s *seen) add(num, highest int64) bool {
	for n := highest + 1; n <= num; n++ {
		word, bit := s.place(n)
		*word &^= bit
	}
	word, bit := s.place(num)
	if *word&bit != 0 {
		return false
	}
	*word |= bit
	return true
}

func (s *seen) place(num int64) (word *uint64, bit uint64) {
	i := uint64(num) % (64 * uint64(len(s)))
	return &s[i/64], 1 << (i % 64)
}
