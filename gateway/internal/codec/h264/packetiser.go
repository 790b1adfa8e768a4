package h264

import (
	"encoding/binary"

	"callcast/gateway/internal/media"
)

// Packetiser cuts units into RTP payloads (RFC 6184).
type Packetiser struct {
	Mode       int // packetization-mode: 0 allows single NAL units only, 1 aggregates and fragments too
	MaxPayload int // in bytes. In mode 0 a larger NAL unit is sent whole
}

// Append appends the payloads of a unit to dst; the last one takes the marker. A key unit gets its parameter sets.
// Payloads may be parts of the unit.
func (p Packetiser) Append(dst [][]byte, u *media.Unit) [][]byte {
	if u.Key {
		dst = p.appendSets(dst, u.Format)
	}
	for nal := range NALs(u.Payload) {
		if p.Mode == 0 || len(nal) <= p.MaxPayload {
			dst = append(dst, nal)
			continue
		}
		dst = p.appendFragments(dst, nal)
	}
	return dst
}

func (p Packetiser) appendSets(dst [][]byte, f *media.Format) [][]byte {
	size := 1 + 2 + len(f.SPS) + 2 + len(f.PPS)
	if p.Mode == 0 || size > p.MaxPayload {
		return append(dst, f.SPS, f.PPS)
	}
	b := make([]byte, 0, size)
	b = append(b, max(f.SPS[0], f.PPS[0])&refMask|typeSTAPA)
	for _, nal := range [][]byte{f.SPS, f.PPS} {
		b = binary.BigEndian.AppendUint16(b, uint16(len(nal)))
		b = append(b, nal...)
	}
	return append(dst, b)
}

func (p Packetiser) appendFragments(dst [][]byte, nal []byte) [][]byte {
	const headers, startBit, endBit = 2, 0x80, 0x40
	indicator, kind := nal[0]&^typeMask|typeFUA, nal[0]&typeMask
	rest := nal[1:]
	for mark := byte(startBit); len(rest) > 0; mark = 0 {
		n := min(len(rest), max(p.MaxPayload-headers, 1))
		if n == len(rest) {
			mark |= endBit
		}
		b := append(make([]byte, 0, headers+n), indicator, mark|kind)
		dst = append(dst, append(b, rest[:n]...))
		rest = rest[n:]
	}
	return dst
}
