package vp8

import (
	"encoding/binary"
	"errors"

	"callcast/gateway/internal/media"
)

// headerSize is that of a key frame's header up to its size (RFC 6386 section 9.1).
const headerSize = 10

var errFrame = errors.New("vp8: no key frame header")

// IsKey reports whether a frame is a key frame.
func IsKey(frame []byte) bool { return len(frame) > 0 && frame[0]&1 == 0 }

// Size reads the size of the pictures from the header of a key frame.
func Size(frame []byte) (width, height int, err error) {
	const sizeMask = 0x3FFF // above it is how to stretch the picture, which nobody does
	if len(frame) < headerSize || !IsKey(frame) || frame[3] != 0x9D || frame[4] != 0x01 || frame[5] != 0x2A {
		return 0, 0, errFrame
	}
	width = int(binary.LittleEndian.Uint16(frame[6:]) & sizeMask)
	height = int(binary.LittleEndian.Uint16(frame[8:]) & sizeMask)
	if width == 0 || height == 0 {
		return 0, 0, errFrame
	}
	return width, height, nil
}

// NewFormat describes a stream by one of its key frames.
func NewFormat(frame []byte) (*media.Format, error) {
	width, height, err := Size(frame)
	if err != nil {
		return nil, err
	}
	return &media.Format{Codec: media.VP8, Width: width, Height: height}, nil
}
