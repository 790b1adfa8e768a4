package opus

import "time"

// longest is what a packet can hold (RFC 6716 section 3.2.5).
const longest = 120 * time.Millisecond

// Duration is how long a packet sounds, 0 if it is not one.
func Duration(packet []byte) time.Duration {
	n := frames(packet)
	d := time.Duration(n) * frame(packet)
	if d > longest {
		return 0
	}
	return d
}

// frames is how many frames the packet says it has (RFC 6716 section 3.2), 0 if it does not say.
func frames(packet []byte) int {
	const codeMask, countMask = 3, 0x3F
	if len(packet) == 0 {
		return 0
	}
	switch packet[0] & codeMask {
	case 0:
		return 1
	case 1, 2:
		return 2
	}
	if len(packet) < 2 {
		return 0
	}
	return int(packet[1] & countMask)
}

// frame is the length of one of the packet's frames (RFC 6716 table 2), 0 if there is none.
func frame(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	switch config := packet[0] >> 3; {
	case config < 12: // SILK
		return [...]time.Duration{10, 20, 40, 60}[config%4] * time.Millisecond
	case config < 16: // hybrid
		return [...]time.Duration{10, 20}[config%2] * time.Millisecond
	default: // CELT
		return 2500 * time.Microsecond << (config % 4)
	}
}
