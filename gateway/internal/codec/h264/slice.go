package h264

import "encoding/binary"

// sliceHeader is the start of a slice header.
type sliceHeader struct {
	firstMB uint32
	set     uint32 // picture parameter set
}

// headerBytes holds the three longest codes of a slice header's start.
const headerBytes = 16

func readSlice(nal []byte) (sliceHeader, bool) {
	var room [headerBytes]byte
	r := bitReader{b: unescape(room[:0], nal[1:], headerBytes)}
	h := sliceHeader{firstMB: r.ue()}
	r.ue() // slice_type
	h.set = r.ue()
	return h, !r.bad && h.set <= maxPPSID
}

// beginsPicture reports whether a packet is certainly the first of a picture, as far as it matters: it holds a parameter
// set, an access unit delimiter, SEI or the top slice.
func beginsPicture(payload []byte) bool {
	const delimiter = 9
	nal := firstNAL(payload)
	if len(nal) < 2 {
		return false
	}
	switch t := nalType(nal); t {
	case typeSEI, typeSPS, typePPS, delimiter:
		return true
	default:
		if !isSlice(t) {
			return false
		}
		h, ok := readSlice(nal)
		return ok && h.firstMB == 0
	}
}

// firstNAL returns the first NAL unit of a packet, or as much of it as the packet holds.
func firstNAL(payload []byte) []byte {
	if len(payload) < 3 {
		return payload
	}
	switch nalType(payload) {
	case typeSTAPA:
		n := int(binary.BigEndian.Uint16(payload[1:]))
		if rest := payload[3:]; n <= len(rest) {
			return rest[:n]
		}
		return nil
	case typeFUA:
		const startBit = 0x80
		if payload[1]&startBit == 0 {
			return nil
		}
		// The header of the NAL unit stands apart from its body: the indicator gives its reference bits.
		head := append(make([]byte, 0, headerBytes*2), payload[0]&^typeMask|payload[1]&typeMask)
		return append(head, payload[2:min(len(payload), headerBytes*2)]...)
	}
	return payload
}
