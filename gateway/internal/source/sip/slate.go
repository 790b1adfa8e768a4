package sip

import (
	"errors"
	"slices"
	"time"

	"callcast/assets"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

// slatePeriod is how often the slate is shown again: two pictures a second are enough for a still.
const slatePeriod = 500 * time.Millisecond

// slate is the picture that stands in for missing video. Its pictures are IDR and shown in turn, because two in a row
// must not have the same idr_pic_id (ISO 14496-10 section 7.4.3).
type slate struct {
	format   *media.Format
	pictures [][]byte
}

func loadSlate() (*slate, error) {
	s := &slate{}
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

// unit is the n-th showing.
func (s *slate) unit(n uint64) *media.Unit {
	return &media.Unit{Format: s.format, Key: true, Fill: true, Payload: s.pictures[n%uint64(len(s.pictures))]}
}
