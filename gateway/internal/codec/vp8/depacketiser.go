package vp8

import (
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
	Spoilt   uint64 // damaged ones that were key pictures
	Withheld uint64 // whole, but what they refer to was lost
	Skipped  uint64 // packets without a part of a picture
}

// Depacketiser puts pictures together from RTP payloads (RFC 7741). A picture of which a part is missing is not
// delivered, nor is anything after it until the next key picture: it would refer to what is missing.
type Depacketiser struct {
	emit     func(Picture)
	format   *media.Format // of the newest key picture
	counters Counters

	awaitKey bool
	gap      bool // the next picture follows a hole

	open    bool // pic has packets
	pic     Picture
	damaged bool
	size    int // of the previous picture, a good guess for the next
}

// NewDepacketiser returns a depacketiser that hands pictures to emit, from within Push.
func NewDepacketiser(emit func(Picture)) *Depacketiser {
	return &Depacketiser{emit: emit, awaitKey: true}
}

// NeedKey reports that nothing is delivered until a key picture comes.
func (d *Depacketiser) NeedKey() bool { return d.awaitKey }

// Counters returns the counters.
func (d *Depacketiser) Counters() Counters { return d.counters }

// AwaitKey drops the picture in hand and withholds the following ones until a key picture: the stream starts anew.
func (d *Depacketiser) AwaitKey() {
	d.reset()
	d.lose()
}

// Push takes the next packet.
func (d *Depacketiser) Push(p Packet) {
	part, ok := readDescriptor(p.Payload)
	if d.open && (p.Timestamp != d.pic.Timestamp || part.first) {
		d.damaged = d.damaged || p.Lost // its end may be what was lost
		d.finish()
	}
	if p.Lost {
		d.lose()
		d.damaged = d.damaged || d.open
	}
	if !ok {
		d.counters.Skipped++
		return
	}
	if !d.open {
		d.begin(p)
		d.damaged = !part.first
	}
	d.pic.Arrived = p.Arrived
	d.grow(part.data)
	if p.Marker {
		d.finish()
	}
}

// lose notes that a picture which others refer to is missing.
func (d *Depacketiser) lose() { d.awaitKey, d.gap = true, true }

func (d *Depacketiser) begin(p Packet) {
	d.open = true
	d.pic = Picture{Timestamp: p.Timestamp, Began: p.Arrived, Payload: make([]byte, 0, d.size+d.size/4)}
}

func (d *Depacketiser) grow(b []byte) {
	if len(d.pic.Payload)+len(b) > maxPicture {
		d.damaged = true
		d.pic.Payload = d.pic.Payload[:0]
		return
	}
	d.pic.Payload = append(d.pic.Payload, b...)
}

func (d *Depacketiser) reset() { d.open, d.pic, d.damaged = false, Picture{}, false }

// finish delivers the picture in hand or accounts for its absence.
func (d *Depacketiser) finish() {
	pic, damaged := d.pic, d.damaged
	d.size = min(len(pic.Payload), maxPicture/16)
	d.reset()
	pic.Key = IsKey(pic.Payload)
	if !damaged && pic.Key {
		damaged = !d.describe(pic.Payload)
	}
	switch {
	case damaged:
		d.counters.Damaged++
		// Of a picture without its first packet nobody knows whether it was a key picture.
		if _, _, err := Size(pic.Payload); err == nil {
			d.counters.Spoilt++
		}
		d.lose()
	case d.awaitKey && !pic.Key:
		d.counters.Withheld++
		d.lose()
	default:
		pic.Format, pic.Gap = d.format, d.gap
		d.awaitKey, d.gap = false, false
		d.emit(pic)
	}
}

// describe makes the format that begins with a key picture, if it differs from the one before.
func (d *Depacketiser) describe(frame []byte) bool {
	f, err := NewFormat(frame)
	if err != nil {
		return false
	}
	if d.format == nil || d.format.Width != f.Width || d.format.Height != f.Height {
		d.format = f
	}
	return true
}
