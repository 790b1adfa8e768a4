package vp8

import "callcast/gateway/internal/media"

// Packetiser cuts units into RTP payloads (RFC 7741). It numbers the pictures, so each receiver has one of its own.
type Packetiser struct {
	MaxPayload int // in bytes

	id uint16 // of the next picture
}

// Append appends the payloads of a unit to dst; the last one takes the marker.
func (p *Packetiser) Append(dst [][]byte, u *media.Unit) [][]byte {
	const headers, idMask = 4, 0x7FFF
	rest := u.Payload
	for start := byte(startBit); len(rest) > 0; start = 0 {
		n := min(len(rest), max(p.MaxPayload-headers, 1))
		b := append(make([]byte, 0, headers+n), extended|start, hasPictureID, longPictureID|byte(p.id>>8), byte(p.id))
		dst = append(dst, append(b, rest[:n]...))
		rest = rest[n:]
	}
	p.id = (p.id + 1) & idMask
	return dst
}
