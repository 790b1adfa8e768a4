package h264

import (
	"encoding/binary"
	"time"

	"callcast/gateway/internal/media"
)

// maxPicture bounds what one picture may grow to while its end does not come.
const maxPicture = 4 << 20

// Packet is what the depacketiser needs of an RTP packet. Packets come in order.
type Packet struct {
	Timestamp uint32
	Marker    bool
	Payload   []byte
	Lost      bool // packets are missing right before this one
	Arrived   time.Time
}

// Picture is a complete picture. Its payload is that of a media.Unit and belongs to the receiver.
type Picture struct {
	Format    *media.Format
	Timestamp uint32
	Key       bool
	Gap       bool // pictures before it were withheld
	Payload   []byte
	Began     time.Time // when its first packet came
	Arrived   time.Time // when its last packet came
}

// Counters tell what became of pictures that were not delivered.
type Counters struct {
	Damaged  uint64 // a part of them was lost
	Spoilt   uint64 // damaged ones that were IDR pictures
	Withheld uint64 // whole, but what they refer to was lost
	Skipped  uint64 // NAL units of a form or kind that is not understood
}

// Depacketiser puts pictures together from RTP payloads (RFC 6184). A picture of which a part is missing is not
// delivered, nor is anything after it until the next IDR picture: it would refer to what is missing.
type Depacketiser struct {
	emit     func(Picture)
	sets     sets
	counters Counters

	awaitKey bool
	gap      bool // the next picture follows a hole

	open     bool // pic has packets
	pic      Picture
	slices   int
	setID    uint32 // picture parameter set of the first slice
	damaged  bool
	idr      bool // a part of it said that it is an IDR picture
	nalStart int  // where the fragmented NAL unit began in pic.Payload, or -1
	size     int  // of the previous picture, a good guess for the next

	ended    bool // a marker has closed the picture at endedAt
	endedAt  uint32
	distrust bool // the marker comes before the end of pictures: only a new timestamp ends one
}

// NewDepacketiser returns a depacketiser that hands pictures to emit, from within Push.
func NewDepacketiser(emit func(Picture)) *Depacketiser {
	return &Depacketiser{emit: emit, awaitKey: true, nalStart: -1}
}

// AddSets takes parameter sets that did not come by RTP but in the session description.
func (d *Depacketiser) AddSets(nals ...[]byte) {
	for _, nal := range nals {
		if len(nal) > 0 {
			d.addSet(nal)
		}
	}
}

// NeedKey reports that nothing is delivered until an IDR picture comes.
func (d *Depacketiser) NeedKey() bool { return d.awaitKey }

// Counters returns the counters.
func (d *Depacketiser) Counters() Counters { return d.counters }

// AwaitKey drops the picture in hand and withholds the following ones until an IDR picture: the stream starts anew.
func (d *Depacketiser) AwaitKey() {
	d.reset()
	d.ended = false
	d.lose()
}

// Push takes the next packet.
func (d *Depacketiser) Push(p Packet) {
	if d.open && p.Timestamp != d.pic.Timestamp {
		d.damaged = d.damaged || p.Lost // its end may be what was lost
		d.finish()
	}
	if p.Lost {
		d.lost(p)
	}
	if !d.open {
		d.begin(p)
	}
	d.pic.Arrived = p.Arrived
	d.payload(p.Payload)
	if p.Marker && !d.distrust && d.slices > 0 {
		d.ended, d.endedAt = true, p.Timestamp
		d.finish()
	}
}

// lost judges a hole before p. Only a packet that visibly begins a picture tells that the picture is whole.
func (d *Depacketiser) lost(p Packet) {
	d.lose()
	if d.open {
		d.damaged = true
		return
	}
	if !beginsPicture(p.Payload) {
		d.begin(p)
		d.damaged = true
	}
}

// lose notes that a picture which others refer to is missing.
func (d *Depacketiser) lose() { d.awaitKey, d.gap = true, true }

func (d *Depacketiser) begin(p Packet) {
	d.open = true
	d.pic = Picture{Timestamp: p.Timestamp, Began: p.Arrived, Payload: make([]byte, 0, d.size+d.size/4)}
	d.slices, d.damaged, d.idr, d.nalStart = 0, false, false, -1
}

func (d *Depacketiser) reset() {
	d.open, d.pic, d.slices, d.damaged, d.idr, d.nalStart = false, Picture{}, 0, false, false, -1
}

// finish delivers the picture in hand or accounts for its absence.
func (d *Depacketiser) finish() {
	damaged, idr, slices, pic := d.damaged || d.nalStart >= 0, d.idr, d.slices, d.pic
	setID := d.setID
	d.size = min(len(pic.Payload), maxPicture/16)
	d.reset()
	if damaged {
		d.counters.Damaged++
		if idr {
			d.counters.Spoilt++
		}
		d.lose()
		return
	}
	if slices == 0 {
		return
	}
	pic.Format = d.sets.lookup(setID)
	if d.awaitKey && !pic.Key || pic.Format == nil {
		d.counters.Withheld++
		d.lose()
		return
	}
	pic.Gap = d.gap
	d.awaitKey, d.gap = false, false
	d.emit(pic)
}

func (d *Depacketiser) payload(b []byte) {
	if len(b) == 0 || b[0]&forbiddenMask != 0 {
		d.counters.Skipped++
		return
	}
	t := nalType(b)
	if t != typeFUA && d.nalStart >= 0 {
		d.dropFragment()
	}
	switch {
	case t >= 1 && t < typeSTAPA:
		d.whole(b)
	case t == typeSTAPA:
		d.aggregate(b[1:])
	case t == typeFUA:
		d.fragment(b)
	default: // STAP-B, MTAP and FU-B belong to the interleaved mode, which is never negotiated
		d.counters.Skipped++
	}
}

func (d *Depacketiser) aggregate(b []byte) {
	for len(b) >= 2 {
		n := int(binary.BigEndian.Uint16(b))
		b = b[2:]
		if n > len(b) {
			d.damaged = true
			return
		}
		if n > 0 {
			d.whole(b[:n])
		}
		b = b[n:]
	}
}

// fragment takes a piece of a NAL unit (RFC 6184 section 5.8).
func (d *Depacketiser) fragment(b []byte) {
	const startBit, endBit = 0x80, 0x40
	if len(b) < 2 {
		d.counters.Skipped++
		return
	}
	d.idr = d.idr || b[1]&typeMask == typeIDR
	if b[1]&startBit != 0 {
		if d.nalStart >= 0 {
			d.dropFragment()
		}
		d.nalStart = len(d.pic.Payload)
		d.pic.Payload = append(d.pic.Payload, 0, 0, 0, 0, b[0]&^typeMask|b[1]&typeMask)
	}
	if d.nalStart < 0 {
		d.damaged = true
		return
	}
	if !d.grow(b[2:]) {
		return
	}
	if b[1]&endBit != 0 {
		start := d.nalStart
		d.nalStart = -1
		d.complete(start)
	}
}

// dropFragment gives up a NAL unit whose end did not come.
func (d *Depacketiser) dropFragment() {
	d.pic.Payload = d.pic.Payload[:d.nalStart]
	d.nalStart = -1
	d.damaged = true
}

func (d *Depacketiser) whole(nal []byte) {
	start := len(d.pic.Payload)
	d.pic.Payload = append(d.pic.Payload, 0, 0, 0, 0)
	if d.grow(nal) {
		d.complete(start)
	}
}

func (d *Depacketiser) grow(b []byte) bool {
	if len(d.pic.Payload)+len(b) > maxPicture {
		d.damaged, d.nalStart = true, -1
		d.pic.Payload = d.pic.Payload[:0]
		return false
	}
	d.pic.Payload = append(d.pic.Payload, b...)
	return true
}

// complete judges the NAL unit that stands at the end of the picture from start on, behind room for its length. Only
// slices and SEI stay in the picture.
func (d *Depacketiser) complete(start int) {
	nal := d.pic.Payload[start+lengthSize:]
	t := nalType(nal)
	keep := t == typeSEI || t > typeSlice && t < typeIDR
	switch {
	case isSlice(t):
		keep = d.slice(nal)
	case t == typeSPS || t == typePPS:
		d.addSet(nal)
	}
	if !keep {
		d.pic.Payload = d.pic.Payload[:start]
		return
	}
	binary.BigEndian.PutUint32(d.pic.Payload[start:], uint32(len(nal)))
}

// slice reads the start of a slice header (ISO 14496-10 section 7.3.3).
func (d *Depacketiser) slice(nal []byte) bool {
	h, ok := readSlice(nal)
	if !ok {
		d.counters.Skipped++
		d.damaged = true
		return false
	}
	if d.slices == 0 {
		d.setID = h.set
		if h.firstMB != 0 {
			d.headless()
		}
	}
	d.slices++
	d.idr = d.idr || nalType(nal) == typeIDR
	d.pic.Key = d.pic.Key || nalType(nal) == typeIDR
	return true
}

// headless meets a picture whose first slice is not its top. Either the top was lost, or the marker of the picture
// before came too early and this is the rest of it: such a sender's markers are not believed again.
func (d *Depacketiser) headless() {
	if d.ended && d.endedAt == d.pic.Timestamp {
		d.distrust = true
	}
	d.damaged = true
}

func (d *Depacketiser) addSet(nal []byte) {
	ok := false
	switch nalType(nal) {
	case typeSPS:
		ok = d.sets.addSPS(nal)
	case typePPS:
		ok = d.sets.addPPS(nal)
	}
	if !ok {
		d.counters.Skipped++
	}
}
