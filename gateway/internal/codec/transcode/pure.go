//go:build !cgo || nolibav

package transcode

import (
	"image"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// available says that this build has no libav.
const available = false

func newAAC(from media.Codec) (stream.Converter, error) {
	return nil, noCodec(string(from) + " to AAC")
}

func newOpus(from media.Codec) (stream.Converter, error) {
	return nil, noCodec(string(from) + " to Opus")
}

// Decoder turns units of video into pictures. This build has none.
type Decoder struct{}

// NewDecoder always refuses.
func NewDecoder(codec media.Codec) (*Decoder, error) {
	return nil, noCodec(string(codec) + " to pictures")
}

// Decode does nothing.
func (*Decoder) Decode(*media.Unit) (bool, error) { return false, nil }

// Picture returns nothing.
func (*Decoder) Picture(*image.RGBA, int) *image.RGBA { return nil }

// Close does nothing.
func (*Decoder) Close() {}
