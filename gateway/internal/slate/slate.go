// Package slate is the still picture that stands in for missing video, as units of a stream. It is immutable and starts
// nothing.
package slate

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"callcast/assets"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
)

// Period is how often the slate is shown again: two pictures a second are enough for a still.
const Period = 500 * time.Millisecond

// Slate is the picture in one codec. The copies of H.264 are IDR and shown in turn, because two in a row must not have the
// same idr_pic_id (ISO 14496-10 section 7.4.3).
type Slate struct {
	format   *media.Format
	pictures [][]byte
}

// Set is the same picture in each codec that calls may have.
type Set map[media.Codec]*Slate

// LoadSet reads all slates that the program carries.
func LoadSet() (Set, error) {
	ofH264, err := Load()
	if err != nil {
		return nil, err
	}
	frame := assets.SlateVP8()
	format, err := vp8.NewFormat(frame)
	if err != nil {
		return nil, fmt.Errorf("slate: %w", err)
	}
	return Set{media.H264: ofH264, media.VP8: {format: format, pictures: [][]byte{frame}}}, nil
}

// Load reads the slate in H.264.
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
