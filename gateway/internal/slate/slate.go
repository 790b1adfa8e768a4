// Package slate is the still picture that stands in for missing video, as units of a stream. It is immutable and starts
// nothing.
package slate

import (
	"errors"
	"slices"
	"time"

	"callcast/assets"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

// Period is how often the slate is shown again: two pictures a second are enough for a still.
const Period = 500 * time.Millisecond

// Slate is the picture. Its copies are IDR and shown in turn, because two in a row must not have the same idr_pic_id
// (ISO 14496-10 section 7.4.3).
type Slate struct {
	format   *media.Format
	pictures [][]byte
}

// Load reads the slate that the program carries.
func Load() (*Slate, error) {
	s := &Slate{}
	d := h264.NewDepacketiser(func(p h264.Picture) {
		s.format, s.pictures = p.Format, append(s.pictures, p.Payload)
	})
	nals := slices.Collect(h264.AnnexB(assets.Slate()))
	for i, nal := range nals {
		last := i+1 == len(nals) || h264.IsSPS(nals[i+1])
		d.Push(h264.Packet{Timestamp: uint32(len(s.pictures)), Marker: last, Payload: nal})
	}
	if len(s.pictures) == 0 {
		return nil, errors.New("slate holds no picture")
	}
	return s, nil
}

// Unit is the n-th showing.
func (s *Slate) Unit(n uint64) *media.Unit {
	return &media.Unit{Format: s.format, Key: true, Fill: true, Payload: s.pictures[n%uint64(len(s.pictures))]}
}
