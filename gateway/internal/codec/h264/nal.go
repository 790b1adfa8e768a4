package h264

import (
	"encoding/binary"
	"iter"
)

// NAL unit types, ISO 14496-10 table 7-1.
const (
	typeSlice     = 1
	typePartA     = 2
	typeIDR       = 5
	typeSEI       = 6
	typeSPS       = 7
	typePPS       = 8
	typeSTAPA     = 24
	typeFUA       = 28
	typeMask      = 0x1F
	refMask       = 0x60
	forbiddenMask = 0x80
)

// lengthSize is the width of the length in front of each NAL unit of a payload.
const lengthSize = 4

func nalType(nal []byte) byte { return nal[0] & typeMask }

// isSlice tells the NAL units that begin with a slice header.
func isSlice(t byte) bool { return t == typeSlice || t == typePartA || t == typeIDR }

// NALs yields the NAL units of a unit's payload, each without its length. It ends at the first one that is cut short,
// and leaves out empty ones.
func NALs(payload []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(payload) >= lengthSize {
			n := binary.BigEndian.Uint32(payload)
			payload = payload[lengthSize:]
			if uint64(n) > uint64(len(payload)) {
				return
			}
			if n > 0 && !yield(payload[:n:n]) {
				return
			}
			payload = payload[n:]
		}
	}
}

// AppendNAL appends a NAL unit behind its length, which makes dst a payload.
func AppendNAL(dst, nal []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(nal)))
	return append(dst, nal...)
}

// AnnexB yields the NAL units of a byte stream with start codes (ISO 14496-10 annex B), without empty ones.
func AnnexB(b []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		start := -1
		for i := 0; i+2 < len(b); {
			if b[i+2] > 1 {
				i += 3
				continue
			}
			if b[i] != 0 || b[i+1] != 0 || b[i+2] != 1 {
				i++
				continue
			}
			if start >= 0 && !yieldTrimmed(b[start:i], yield) {
				return
			}
			i += 3
			start = i
		}
		if start >= 0 {
			yieldTrimmed(b[start:], yield)
		}
	}
}

// yieldTrimmed drops the zero bytes that belong to the next start code, not to the NAL unit.
func yieldTrimmed(nal []byte, yield func([]byte) bool) bool {
	for len(nal) > 0 && nal[len(nal)-1] == 0 {
		nal = nal[:len(nal)-1]
	}
	return len(nal) == 0 || yield(nal)
}

// IsSPS reports whether a NAL unit is a sequence parameter set.
func IsSPS(nal []byte) bool { return len(nal) > 0 && nalType(nal) == typeSPS }

// IsPPS reports whether a NAL unit is a picture parameter set.
func IsPPS(nal []byte) bool { return len(nal) > 0 && nalType(nal) == typePPS }
