package g711

import (
	"math"

	"callcast/gateway/internal/media"
)

// Both tables are computed once and never written again.
var (
	fromALaw  = table(expandALaw)
	fromMuLaw = table(expandMuLaw)
)

func table(expand func(byte) int16) *[256]int16 {
	var t [256]int16
	for i := range t {
		t[i] = expand(byte(i))
	}
	return &t
}

// Decode appends the linear samples of a payload to dst. A codec other than PCMU is taken for PCMA.
func Decode(dst []int16, c media.Codec, payload []byte) []int16 {
	t := decoder(c)
	for _, b := range payload {
		dst = append(dst, t[b])
	}
	return dst
}

// Encode appends linear samples to dst in a G.711 law.
func Encode(dst []byte, c media.Codec, samples []int16) []byte {
	compress := compressALaw
	if c == media.PCMU {
		compress = compressMuLaw
	}
	for _, s := range samples {
		dst = append(dst, compress(s))
	}
	return dst
}

// Level is the root mean square of a payload, 0 for silence to 1 for a square wave of full scale.
func Level(c media.Codec, payload []byte) float64 {
	if len(payload) == 0 {
		return 0
	}
	t := decoder(c)
	var sum float64
	for _, b := range payload {
		v := float64(t[b])
		sum += v * v
	}
	return min(math.Sqrt(sum/float64(len(payload)))/math.MaxInt16, 1)
}

func decoder(c media.Codec) *[256]int16 {
	if c == media.PCMU {
		return fromMuLaw
	}
	return fromALaw
}

// Both laws are a sign, 3 bits of segment and 4 bits of step (ITU-T G.711 tables 1 and 2). A-law goes over the line
// with every other bit inverted, mu-law with all bits inverted.
const (
	signBit   = 0x80
	evenBits  = 0x55
	muBias    = 0x84
	muClip    = math.MaxInt16 - muBias
	maxALaw   = 0x0FFF
	halfStepA = 8
)

func expandALaw(b byte) int16 {
	b ^= evenBits
	segment, step := b>>4&7, int16(b&0x0F)
	v := step<<4 + halfStepA
	if segment > 0 {
		v = (v + 0x100) << (segment - 1)
	}
	if b&signBit == 0 {
		return -v
	}
	return v
}

func compressALaw(s int16) byte {
	sign, v := byte(signBit), int(s)>>3
	if v < 0 {
		sign, v = 0, -v-1 // -v-1: codes of negative values begin one below zero
	}
	v = min(v, maxALaw)
	segment := 0
	for top := v >> 5; top > 0; top >>= 1 {
		segment++
	}
	step := v >> 1
	if segment > 0 {
		step = v >> segment
	}
	return (sign | byte(segment)<<4 | byte(step&0x0F)) ^ evenBits
}

func expandMuLaw(b byte) int16 {
	b = ^b
	v := (int16(b&0x0F)<<3+muBias)<<(b>>4&7) - muBias
	if b&signBit != 0 {
		return -v
	}
	return v
}

func compressMuLaw(s int16) byte {
	sign, v := byte(0), int(s)
	if v < 0 {
		sign, v = signBit, -v
	}
	v = min(v, muClip) + muBias
	segment := 0
	for top := v >> 8; top > 0; top >>= 1 {
		segment++
	}
	return ^(sign | byte(segment)<<4 | byte(v>>(segment+3)&0x0F))
}
