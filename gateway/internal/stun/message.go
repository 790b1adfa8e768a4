package stun

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"net/netip"
)

// Port is where servers listen if nothing else is said.
const Port = 3478

const (
	headerSize = 20
	cookie     = 0x2112a442

	bindingRequest    = 0x0001
	bindingIndication = 0x0011
	bindingSuccess    = 0x0101
)

// Is reports whether a datagram is STUN. Neither RTP nor DTLS nor SIP begins like that (RFC 7983 section 7).
func Is(b []byte) bool {
	return len(b) >= headerSize && b[0] <= 3 && binary.BigEndian.Uint32(b[4:]) == cookie
}

// Request asks a server where it comes from.
type Request [headerSize]byte

// NewRequest returns a request that nobody can foresee. It may be sent again until it is answered.
func NewRequest() Request { return Request(message(bindingRequest)) }

// Indication is for a server to receive and not to answer (RFC 8489 section 6.3.2): it only passes the NATs on the way.
func Indication() []byte { return message(bindingIndication) }

func message(kind uint16) []byte {
	b := make([]byte, headerSize)
	binary.BigEndian.PutUint16(b, kind)
	binary.BigEndian.PutUint32(b[4:], cookie)
	_, _ = rand.Read(b[8:]) // never fails
	return b
}

// Reflected is the address that a datagram tells in answer to the request. The datagram is not changed.
func (r Request) Reflected(b []byte) (netip.AddrPort, bool) {
	if !Is(b) || binary.BigEndian.Uint16(b) != bindingSuccess || !bytes.Equal(b[4:headerSize], r[4:]) {
		return netip.AddrPort{}, false
	}
	return mapped(b)
}
