package main

import "encoding/binary"

// sliceIn finds the first H.264 slice in the body of an RTMP video message, which is that of an FLV video tag
// (E.4.3): one byte of frame type and codec, the packet type, 24 bits of composition time, then NAL units that each
// have a length of four bytes before them. It is nil for anything else, such as a sequence header.
func sliceIn(body []byte) (slice []byte, key bool) {
	const codecAVC, packetNALUs, header = 7, 1, 5
	if len(body) < header || body[0]&0x0F != codecAVC || body[1] != packetNALUs {
		return nil, false
	}
	for body = body[header:]; len(body) > 4; {
		size := binary.BigEndian.Uint32(body)
		body = body[4:]
		if size == 0 || uint64(size) > uint64(len(body)) {
			return nil, false
		}
		switch body[0] & 0x1F {
		case nalSlice:
			return body[:size], false
		case nalKeySlice:
			return body[:size], true
		}
		body = body[size:]
	}
	return nil, false
}
