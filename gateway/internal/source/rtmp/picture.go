package rtmp

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

var errPicture = errors.New("damaged picture")

// The first bytes of video tags (Video File Format Specification 10.1, annex E.4.3).
const (
	frameKey     = 1
	codecAVC     = 7
	enhanced     = 0x80 // the first byte of Enhanced RTMP's
	avcHeader    = 0
	avcUnit      = 1
	videoHeadLen = 5
)

// picture reads video tags.
type picture struct {
	format *media.Format
	width  int           // of the lengths before NAL units
	seen   bool          // a picture of this format has come
	delay  time.Duration // its delay between decoding and showing
}

// unit returns the unit in a tag, its PTS relative to its DTS; nil if the tag only describes what follows.
func (p *picture) unit(b []byte) (*media.Unit, error) {
	if b[0]&enhanced != 0 || b[0]&0x0F != codecAVC {
		return nil, unsupported("this video codec")
	}
	if len(b) < videoHeadLen {
		return nil, errShort
	}
	body := b[videoHeadLen:]
	switch b[1] {
	case avcHeader:
		return nil, p.header(body)
	case avcUnit:
	default:
		return nil, nil // end of sequence
	}
	payload, key, err := p.slices(body)
	if err != nil || len(payload) == 0 {
		return nil, err
	}
	if p.format == nil {
		return nil, errNoConfig
	}
	delay := composition(b[2:5])
	p.watch(delay)
	return &media.Unit{Format: p.format, PTS: delay, Key: key || b[0]>>4 == frameKey, Payload: payload}, nil
}

// composition reads the signed 24-bit milliseconds by which a picture is shown after it is decoded.
func composition(b []byte) time.Duration {
	ms := int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
	return time.Duration(ms) * time.Millisecond
}

// Profile and NAL unit types (ISO 14496-10 annex A and table 7-1).
const (
	profileBaseline = 66

	nalIDR       = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalFiller    = 12
)

// watch finds out from the delays between decoding and showing whether pictures are reordered, where the parameter sets
// do not say so. The Baseline profile
// cannot: there a changing delay is bad arithmetic.
func (p *picture) watch(delay time.Duration) {
	switch {
	case p.format.Reorders || p.format.SPS[1] == profileBaseline:
	case !p.seen:
		p.seen, p.delay = true, delay
	case p.delay != delay:
		f := *p.format
		f.Reorders = true
		p.format = &f
	}
}

// lengthSize is the width of the lengths before the NAL units of a unit.
const lengthSize = 4

// header heeds an AVCDecoderConfigurationRecord (ISO 14496-15 section 5.3.3.1), whatever width of lengths it names.
func (p *picture) header(b []byte) error {
	const widthAt, widthBits = 4, 3
	if len(b) <= widthAt {
		return errShort
	}
	width := int(b[widthAt]&widthBits) + 1
	if width != lengthSize {
		b = slices.Clone(b)
		b[widthAt] |= lengthSize - 1
	}
	sps, pps, err := h264.ParseConfig(b)
	if err == nil {
		p.width = width
		err = p.describe(sps, pps)
	}
	return err
}

// describe makes a new format if the parameter sets are new.
func (p *picture) describe(sps, pps []byte) error {
	if p.format != nil && bytes.Equal(p.format.SPS, sps) && bytes.Equal(p.format.PPS, pps) {
		return nil
	}
	f, err := h264.NewFormat(sps, pps)
	if err != nil {
		return err
	}
	said, err := h264.ParseSPS(sps)
	f.Reorders = said.Reorders
	p.format, p.seen = f, false
	return err
}

// slices checks a picture and takes out what does not belong into a unit; parameter sets among it are heeded.
func (p *picture) slices(b []byte) (payload []byte, key bool, err error) {
	if p.width != 0 && p.width != lengthSize {
		b = widen(b, p.width)
	}
	var sps, pps []byte
	kept, length := 0, 0
	for nal := range h264.NALs(b) {
		length += lengthSize + len(nal)
		switch nal[0] & 0x1F {
		case nalSPS:
			sps = nal
		case nalPPS:
			pps = nal
		case nalDelimiter, nalFiller:
		default:
			key = key || nal[0]&0x1F == nalIDR
			kept += lengthSize + len(nal)
		}
	}
	if length != len(b) {
		return nil, false, errPicture
	}
	if sps != nil && pps != nil {
		if err := p.describe(sps, pps); err != nil {
			return nil, false, err
		}
	}
	if kept == len(b) {
		return b, key, nil
	}
	payload = make([]byte, 0, kept)
	for nal := range h264.NALs(b) {
		switch nal[0] & 0x1F {
		case nalSPS, nalPPS, nalDelimiter, nalFiller:
		default:
			payload = h264.AppendNAL(payload, nal)
		}
	}
	return payload, key, nil
}

// widen makes the lengths before NAL units 4 bytes wide. What is left at the end because it is damaged stays, and is
// found to be so.
func widen(b []byte, width int) []byte {
	wide := make([]byte, 0, len(b)+len(b)/8+lengthSize)
	for len(b) >= width {
		n := 0
		for _, digit := range b[:width] {
			n = n<<8 | int(digit)
		}
		if n > len(b)-width {
			break
		}
		if n > 0 {
			wide = h264.AppendNAL(wide, b[width:width+n])
		}
		b = b[width+n:]
	}
	return append(wide, b...)
}
