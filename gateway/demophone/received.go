package demophone

import (
	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
)

// maxPicture bounds a picture that is put together.
const maxPicture = 4 << 20

// viewer puts pictures together. One goroutine feeds it.
type viewer struct {
	packet  codecs.H264Packet
	picture []byte // as a byte stream, so far
	taken   int    // bytes of packets, which packet may hold on to
	spoilt  bool   // something of it is lost
	begun   bool
	next    uint16
}

// push takes the next packet and returns the picture that it completes.
func (v *viewer) push(p *rtp.Packet) (picture []byte, ok bool) {
	if v.begun && p.SequenceNumber != v.next {
		v.spoilt = true
	}
	v.begun, v.next = true, p.SequenceNumber+1
	if v.taken += len(p.Payload); v.taken > maxPicture {
		v.packet, v.picture, v.spoilt = codecs.H264Packet{}, nil, true
	} else if b, err := v.packet.Unmarshal(p.Payload); err != nil || len(v.picture)+len(b) > maxPicture {
		v.spoilt = true
	} else {
		v.picture = append(v.picture, b...)
	}
	if !p.Marker {
		return nil, false
	}
	picture, ok = v.picture, !v.spoilt
	v.packet, v.picture, v.taken, v.spoilt = codecs.H264Packet{}, nil, 0, false
	return picture, ok
}

// decode is the linear samples of a payload (ITU-T G.711).
func decode(payload []byte, ulaw bool) []int16 {
	expand := expandAlaw
	if ulaw {
		expand = expandUlaw
	}
	samples := make([]int16, len(payload))
	for i, code := range payload {
		samples[i] = expand(code)
	}
	return samples
}

func expandAlaw(code byte) int16 {
	code ^= 0x55
	v := int16(code&0x0F)<<4 + 8
	if segment := code >> 4 & 7; segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if code&0x80 == 0 {
		return -v
	}
	return v
}

func expandUlaw(code byte) int16 {
	code = ^code
	v := (int16(code&0x0F)<<3+0x84)<<(code>>4&7) - 0x84
	if code&0x80 != 0 {
		return -v
	}
	return v
}
