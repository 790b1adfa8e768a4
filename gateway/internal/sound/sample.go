package sound

import (
	"encoding/binary"
	"math"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// decoder returns what reads the sample that bytes begin with; nil if the coding is not known.
func (h *header) decoder() func([]byte) int16 {
	switch [2]int{h.tag, h.bits} {
	case [2]int{tagPCM, 8}:
		return func(b []byte) int16 { return (int16(b[0]) - 0x80) << 8 } // the only width without sign
	case [2]int{tagPCM, 16}, [2]int{tagPCM, 24}, [2]int{tagPCM, 32}:
		top := h.bits/8 - 2
		return func(b []byte) int16 { return int16(binary.LittleEndian.Uint16(b[top:])) }
	case [2]int{tagFloat, 32}:
		return func(b []byte) int16 { return fromFloat(math.Float32frombits(binary.LittleEndian.Uint32(b))) }
	case [2]int{tagALaw, 8}:
		return law(media.PCMA)
	case [2]int{tagMuLaw, 8}:
		return law(media.PCMU)
	}
	return nil
}

func fromFloat(v float32) int16 {
	switch {
	case v != v: // not a number
		return 0
	case v >= 1:
		return math.MaxInt16
	case v <= -1:
		return math.MinInt16
	}
	return int16(v * -math.MinInt16)
}

func law(codec media.Codec) func([]byte) int16 {
	var table [256]int16
	for i := range table {
		var sample [1]int16
		g711.Decode(sample[:0], codec, []byte{byte(i)})
		table[i] = sample[0]
	}
	return func(b []byte) int16 { return table[b[0]] }
}
