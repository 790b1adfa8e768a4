package h264

import (
	"errors"
	"fmt"

	"callcast/gateway/internal/media"
)

// SPS is what the gateway reads of a sequence parameter set.
type SPS struct {
	ID            int
	Profile       byte
	Compatibility byte
	Level         byte
	Width         int // as shown, that is after cropping
	Height        int
	Reorders      bool // it says that pictures come in another order than they are shown
}

// Bounds of what is believed. A level 6.2 picture is no larger than 16384 in either direction.
const (
	maxSetSize  = 1024
	maxSPSID    = 31
	maxPPSID    = 255
	maxMacroblk = 1024
)

var errSPS = errors.New("h264: bad sequence parameter set")

// ParseSPS reads a sequence parameter set (ISO 14496-10 section 7.3.2.1.1).
func ParseSPS(nal []byte) (SPS, error) {
	if len(nal) < 5 || len(nal) > maxSetSize || nalType(nal) != typeSPS {
		return SPS{}, errSPS
	}
	r := &bitReader{b: unescape(nil, nal[1:], maxSetSize)}
	s := SPS{Profile: byte(r.bits(8)), Compatibility: byte(r.bits(8)), Level: byte(r.bits(8))}
	s.ID = int(r.ue())

	chroma := uint32(1)
	if hasChroma(s.Profile) {
		chroma = readChroma(r)
	}
	r.ue() // log2_max_frame_num_minus4
	readPicOrder(r)
	r.ue() // max_num_ref_frames
	r.bit()
	width, height := r.ue()+1, r.ue()+1
	fields := 1 - r.bit() // frame_mbs_only_flag
	if fields == 1 {
		r.bit()
	}
	r.bit() // direct_8x8_inference_flag
	if r.bad || s.ID > maxSPSID || width > maxMacroblk || height > maxMacroblk {
		return SPS{}, errSPS
	}
	s.Width, s.Height = int(width)*16, int(height*(1+fields))*16
	if r.flag() {
		s.crop(r, chroma, fields)
	}
	if r.bad || s.Width <= 0 || s.Height <= 0 {
		return SPS{}, errSPS
	}
	s.Reorders = r.flag() && reordered(r)
	return s, nil
}

// crop applies frame_cropping: the offsets count in chroma samples, vertically in field lines for interlaced video.
func (s *SPS) crop(r *bitReader, chroma, fields uint32) {
	unitX, unitY := 1, int(1+fields)
	if chroma == 1 || chroma == 2 {
		unitX = 2
	}
	if chroma == 1 {
		unitY *= 2
	}
	left, right, top, bottom := r.ue(), r.ue(), r.ue(), r.ue()
	const limit = maxMacroblk * 16
	if left > limit || right > limit || top > limit || bottom > limit {
		r.bad = true
		return
	}
	s.Width -= int(left+right) * unitX
	s.Height -= int(top+bottom) * unitY
}

// hasChroma tells the profiles whose parameter set names a chroma format.
func hasChroma(profile byte) bool {
	switch profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		return true
	}
	return false
}

func readChroma(r *bitReader) uint32 {
	chroma := r.ue()
	lists := 8
	if chroma == 3 {
		r.bit() // separate_colour_plane_flag
		lists = 12
	}
	r.ue()  // bit_depth_luma_minus8
	r.ue()  // bit_depth_chroma_minus8
	r.bit() // qpprime_y_zero_transform_bypass_flag
	if r.flag() {
		for i := range lists {
			if r.flag() {
				skipScalingList(r, i)
			}
		}
	}
	return chroma
}

func skipScalingList(r *bitReader, i int) {
	size := 16
	if i >= 6 {
		size = 64
	}
	last, next := int32(8), int32(8)
	for range size {
		if next != 0 {
			next = (last + r.se()) & 0xFF
		}
		if next != 0 {
			last = next
		}
	}
}

func readPicOrder(r *bitReader) {
	switch r.ue() {
	case 0:
		r.ue() // log2_max_pic_order_cnt_lsb_minus4
	case 1:
		r.bit()
		r.se()
		r.se()
		n := r.ue()
		if n > 255 {
			r.bad = true
			return
		}
		for range n {
			r.se()
		}
	}
}

// NewFormat describes a stream by its parameter sets, which it copies.
func NewFormat(sps, pps []byte) (*media.Format, error) {
	s, err := ParseSPS(sps)
	if err != nil {
		return nil, err
	}
	if len(pps) < 2 || len(pps) > maxSetSize || nalType(pps) != typePPS {
		return nil, fmt.Errorf("h264: bad picture parameter set of %d bytes", len(pps))
	}
	return &media.Format{
		Codec: media.H264,
		SPS:   append([]byte(nil), sps...), PPS: append([]byte(nil), pps...),
		Width: s.Width, Height: s.Height,
	}, nil
}
