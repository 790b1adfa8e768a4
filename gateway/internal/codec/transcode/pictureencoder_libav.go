//go:build cgo && !nolibav

package transcode

// #include "av.h"
import "C"

import (
	"fmt"
	"image"
	"sync/atomic"
	"time"

	"callcast/gateway/internal/media"
)

// PictureEncoder turns pictures into units of H.264. It belongs to one goroutine.
type PictureEncoder struct {
	maxWidth, maxHeight int
	enc                 *videoEncoder // nil until the first picture
	from                image.Point   // size of the pictures that enc is for
	key                 atomic.Bool   // somebody needs a key picture
	lastKey             time.Duration
}

// NewPictureEncoder makes an encoder. Larger pictures are scaled down to fit. The caller closes it.
func NewPictureEncoder(maxWidth, maxHeight int) (*PictureEncoder, error) {
	C.cc_quiet()
	if !canEncode(media.H264) {
		return nil, noCodec("pictures to " + string(media.H264))
	}
	return &PictureEncoder{maxWidth: maxWidth, maxHeight: maxHeight}, nil
}

// RequestKeyframe makes the next picture a key picture. Any goroutine may call it.
func (e *PictureEncoder) RequestKeyframe() { e.key.Store(true) }

// Encode encodes a picture that belongs at pts, which is later than that of the one before. It returns nil if there is
// nothing to be seen yet.
func (e *PictureEncoder) Encode(img *image.YCbCr, pts time.Duration) (*media.Unit, error) {
	form, ok := planes(img)
	if !ok {
		return nil, fmt.Errorf("encode h264: a picture of %v, %v", img.Rect.Size(), img.SubsampleRatio)
	}
	fresh, err := e.adapt(img.Rect.Size())
	if err != nil {
		return nil, err
	}
	key := C.int(0)
	if e.key.Swap(false) || fresh || pts-e.lastKey >= keyInterval {
		key = 1
	}
	p, err := e.enc.coded(C.cc_video_encode_planes(e.enc.enc, &form,
		(*C.uint8_t)(&img.Y[0]), (*C.uint8_t)(&img.Cb[0]), (*C.uint8_t)(&img.Cr[0]), C.int64_t(pts), key))
	if err != nil || p.payload == nil {
		return nil, err
	}
	if p.key {
		e.lastKey = pts
	}
	return &media.Unit{Format: e.enc.format, PTS: pts, DTS: pts, Key: p.key, Payload: p.payload}, nil
}

// adapt makes an encoder for pictures of this size. It reports whether it did.
func (e *PictureEncoder) adapt(size image.Point) (fresh bool, err error) {
	if e.enc != nil && e.from == size {
		return false, nil
	}
	to := shrink(size, e.maxWidth, e.maxHeight)
	enc, err := newVideoEncoder(media.H264, to.X, to.Y)
	if err != nil {
		return false, err
	}
	e.Close()
	e.enc, e.from = enc, size
	return true, nil
}

// planes is the form of a picture, if libav can read it.
func planes(img *image.YCbCr) (C.cc_planes, bool) {
	size := img.Rect.Size()
	form := C.cc_planes{
		width: C.int(size.X), height: C.int(size.Y), y_stride: C.int(img.YStride), c_stride: C.int(img.CStride),
	}
	lines, width := size.Y, (size.X+1)/2 // of colour
	switch img.SubsampleRatio {
	case image.YCbCrSubsampleRatio420:
		lines = (size.Y + 1) / 2
	case image.YCbCrSubsampleRatio422:
		form.chroma = 1
	case image.YCbCrSubsampleRatio444:
		form.chroma, width = 2, size.X
	default:
		return form, false
	}
	return form, size.X >= smallest && size.Y >= smallest && img.YStride >= size.X && img.CStride >= width &&
		len(img.Y) >= img.YStride*(size.Y-1)+size.X &&
		min(len(img.Cb), len(img.Cr)) >= img.CStride*(lines-1)+width
}

// Close frees the encoder.
func (e *PictureEncoder) Close() {
	if e.enc != nil {
		e.enc.close()
		e.enc = nil
	}
}
