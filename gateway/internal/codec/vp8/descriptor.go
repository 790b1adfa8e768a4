package vp8

// descriptor is what matters of the bytes in front of each payload (RFC 7741 section 4.2).
type descriptor struct {
	first bool // the payload begins a frame
	data  []byte
}

// The bits of a descriptor.
const (
	extended      = 0x80 // X: a byte of extensions follows
	startBit      = 0x10 // S: a partition begins here
	partitionMask = 0x07 // PID
	hasPictureID  = 0x80 // I
	hasTL0        = 0x40 // L
	hasTID        = 0x20 // T
	hasKeyIndex   = 0x10 // K
	longPictureID = 0x80 // M: it has 15 bits
)

// readDescriptor reports false if no part of a frame is left behind the descriptor.
func readDescriptor(b []byte) (descriptor, bool) {
	if len(b) == 0 {
		return descriptor{}, false
	}
	d := descriptor{first: b[0]&startBit != 0 && b[0]&partitionMask == 0}
	size := 1
	if b[0]&extended != 0 {
		if len(b) < 2 {
			return descriptor{}, false
		}
		size += 1 + extensions(b[1], b[2:])
	}
	if size >= len(b) {
		return descriptor{}, false
	}
	d.data = b[size:]
	return d, true
}

// extensions is how many bytes the extensions take that flags announce.
func extensions(flags byte, b []byte) int {
	size := 0
	if flags&hasPictureID != 0 {
		size++
		if len(b) > 0 && b[0]&longPictureID != 0 {
			size++
		}
	}
	if flags&hasTL0 != 0 {
		size++
	}
	if flags&(hasTID|hasKeyIndex) != 0 {
		size++
	}
	return size
}
