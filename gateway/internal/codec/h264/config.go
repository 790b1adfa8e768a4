package h264

import (
	"encoding/binary"
	"errors"
)

var errConfig = errors.New("h264: bad decoder configuration")

// Config builds the AVCDecoderConfigurationRecord (ISO 14496-15 section 5.3.3.1) that RTMP and MP4 put before a stream
// whose NAL units stand behind 4-byte lengths. It is nil if sps is no parameter set.
func Config(sps, pps []byte) []byte {
	s, err := ParseSPS(sps)
	if err != nil {
		return nil
	}
	const reserved6, reserved3 = 0xFC, 0xE0
	b := []byte{1, s.Profile, s.Compatibility, s.Level, reserved6 | (lengthSize - 1), reserved3 | 1}
	b = binary.BigEndian.AppendUint16(b, uint16(len(sps)))
	b = append(b, sps...)
	b = append(b, 1)
	b = binary.BigEndian.AppendUint16(b, uint16(len(pps)))
	b = append(b, pps...)
	if hasChroma(s.Profile) && s.Profile != 44 {
		b = append(b, highProfile(sps)...)
	}
	return b
}

// highProfile is the end of the record for the High profiles: chroma format, bit depths, no extensions.
func highProfile(sps []byte) []byte {
	r := &bitReader{b: unescape(nil, sps[1:], maxSetSize)}
	r.bits(24)
	r.ue()
	chroma := r.ue()
	if chroma == 3 {
		r.bit()
	}
	luma, colour := r.ue(), r.ue()
	return []byte{0xFC | byte(chroma&3), 0xF8 | byte(luma&7), 0xF8 | byte(colour&7), 0}
}

// ParseConfig reads the first parameter sets of an AVCDecoderConfigurationRecord. They are parts of b, not copies.
// Only NAL lengths of 4 bytes are accepted, since units hold no other.
func ParseConfig(b []byte) (sps, pps []byte, err error) {
	if len(b) < 7 || b[0] != 1 || b[4]&3 != lengthSize-1 {
		return nil, nil, errConfig
	}
	sps, rest, ok := firstSet(b[6:], int(b[5]&typeMask))
	if !ok || len(rest) < 1 {
		return nil, nil, errConfig
	}
	pps, _, ok = firstSet(rest[1:], int(rest[0]))
	if !ok || sps == nil || pps == nil {
		return nil, nil, errConfig
	}
	if nalType(sps) != typeSPS || nalType(pps) != typePPS {
		return nil, nil, errConfig
	}
	return sps, pps, nil
}

// firstSet takes n length-prefixed parameter sets off b and returns the first.
func firstSet(b []byte, n int) (first, rest []byte, ok bool) {
	for range n {
		if len(b) < 2 {
			return nil, nil, false
		}
		size := int(binary.BigEndian.Uint16(b))
		if size == 0 || size > len(b)-2 {
			return nil, nil, false
		}
		if first == nil {
			first = b[2 : 2+size : 2+size]
		}
		b = b[2+size:]
	}
	return first, b, true
}
