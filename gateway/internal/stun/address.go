package stun

import (
	"bytes"
	"encoding/binary"
	"net/netip"
)

// The attributes that hold our address, and how they do.
const (
	mappedAddress    = 0x0001
	xorMappedAddress = 0x0020
	familyFour       = 1
	familySix        = 2
	addressOffset    = 4
)

// mapped is the address in a message, masked against meddling NATs or, from old servers, plain.
func mapped(b []byte) (netip.AddrPort, bool) {
	var plain netip.AddrPort
	for rest := b[headerSize:]; len(rest) >= 4; {
		kind, size := binary.BigEndian.Uint16(rest), int(binary.BigEndian.Uint16(rest[2:]))
		if rest = rest[4:]; size > len(rest) {
			break
		}
		switch value := rest[:size]; kind {
		case xorMappedAddress:
			return address(unmask(value, b))
		case mappedAddress:
			plain, _ = address(value)
		}
		rest = rest[min(len(rest), (size+3)&^3):]
	}
	return plain, plain.IsValid()
}

// unmask undoes what the cookie and the number of the message did to port and address.
func unmask(value, message []byte) []byte {
	value = bytes.Clone(value)
	mask := append(message[4:6:6], message[4:headerSize]...) // the port's, and the address's
	for i := 2; i < min(len(value), 2+len(mask)); i++ {
		value[i] ^= mask[i-2]
	}
	return value
}

// address reads an address that somebody could be sent something at.
func address(value []byte) (netip.AddrPort, bool) {
	if len(value) < addressOffset {
		return netip.AddrPort{}, false
	}
	ip, ok := netip.AddrFromSlice(value[addressOffset:])
	port := binary.BigEndian.Uint16(value[2:])
	if !ok || ip.Is4() != (value[1] == familyFour) || ip.Is6() != (value[1] == familySix) || ip.IsUnspecified() || port == 0 {
		return netip.AddrPort{}, false
	}
	return netip.AddrPortFrom(ip, port), true
}
