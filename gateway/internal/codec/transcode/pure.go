//go:build !cgo || nolibav

package transcode

import (
	"image"
	"time"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// available says that this build has no libav.
const available = false

func newDecoded(codec, _ media.Codec) (pcm, error) {
	return nil, noCodec(string(codec) + " to samples")
}

func newVideo(from, to media.Codec) (stream.Converter, error) {
	return nil, noCodec(string(from) + " to " + string(to))
}

// SoundEncoder turns samples into units. This build has none.
type SoundEncoder struct{}

// NewSoundEncoder always refuses.
func NewSoundEncoder(to media.Codec, _, _ int) (*SoundEncoder, error) {
	return nil, noCodec("samples to " + string(to))
}

// Encode does nothing.
func (*SoundEncoder) Encode([]int16, time.Duration) ([]*media.Unit, error) { return nil, nil }

func (*SoundEncoder) encode([]int16, moment) ([]*media.Unit, error) { return nil, nil }

func (*SoundEncoder) finish(moment) ([]*media.Unit, error) { return nil, nil }

// Close does nothing.
func (*SoundEncoder) Close() {}

// Resample always refuses.
func Resample([]int16, int, int) ([]int16, error) { return nil, noCodec("samples to another rate") }

// PictureEncoder turns pictures into units of H.264. This build has none.
type PictureEncoder struct{}

// NewPictureEncoder always refuses.
func NewPictureEncoder(int, int) (*PictureEncoder, error) {
	return nil, noCodec("pictures to " + string(media.H264))
}

// RequestKeyframe does nothing.
func (*PictureEncoder) RequestKeyframe() {}

// Encode does nothing.
func (*PictureEncoder) Encode(*image.YCbCr, time.Duration) (*media.Unit, error) { return nil, nil }

// Close does nothing.
func (*PictureEncoder) Close() {}

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
