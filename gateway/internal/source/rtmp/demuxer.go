package rtmp

import (
	"bytes"
	"errors"
	"time"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
)

// unsupported is an encoding that publishers may use and streams don't hold.
type unsupported string

func (u unsupported) Error() string { return string(u) + " cannot be taken: publish H.264 and AAC" }

var (
	errShort    = errors.New("tag too short")
	errPicture  = errors.New("damaged picture")
	errNoConfig = errors.New("no sequence header yet")
)

// The first bytes of tags (Video File Format Specification 10.1, annexes E.4.2 and E.4.3).
const (
	frameKey     = 1
	codecAVC     = 7
	enhanced     = 0x80 // the first byte of Enhanced RTMP's video tags
	avcHeader    = 0
	avcUnit      = 1
	soundAAC     = 10
	aacHeader    = 0
	videoHeadLen = 5
	audioHeadLen = 2
)

// demuxer turns tags into units. Its zero value is ready; the units' timeline begins at the first tag.
type demuxer struct {
	audio, video *media.Format
	clock        unwrapper
	damaged      uint64
}

// unit returns the unit in a tag, nil if the tag only describes what follows.
func (d *demuxer) unit(tag rtmp.Tag) (*media.Unit, error) {
	if len(tag.Payload) == 0 {
		return nil, nil // some encoders fill pauses with them
	}
	at := d.clock.at(tag.Timestamp)
	if tag.Type == rtmp.TagVideo {
		return d.picture(at, tag.Payload)
	}
	return d.sound(at, tag.Payload)
}

func (d *demuxer) picture(at time.Duration, b []byte) (*media.Unit, error) {
	if b[0]&enhanced != 0 || b[0]&0x0F != codecAVC {
		return nil, unsupported("this video codec")
	}
	if len(b) < videoHeadLen {
		return nil, errShort
	}
	body := b[videoHeadLen:]
	switch b[1] {
	case avcHeader:
		sps, pps, err := h264.ParseConfig(body)
		if err != nil {
			return nil, err
		}
		return nil, d.describe(sps, pps)
	case avcUnit:
	default:
		return nil, nil // end of sequence
	}
	payload, key, err := d.slices(body)
	if err != nil || len(payload) == 0 {
		return nil, err
	}
	if d.video == nil {
		return nil, errNoConfig
	}
	return &media.Unit{
		Format: d.video, DTS: at, PTS: at + composition(b[2:5]),
		Key: key || b[0]>>4 == frameKey, Arrived: time.Now(), Payload: payload,
	}, nil
}

// composition reads the signed 24-bit milliseconds by which a picture is shown after it is decoded.
func composition(b []byte) time.Duration {
	ms := int32(uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8) >> 8
	return time.Duration(ms) * time.Millisecond
}

// NAL unit types (ISO 14496-10 table 7-1).
const (
	nalIDR       = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
	nalFiller    = 12
)

// slices checks a picture and takes out what does not belong into a unit; parameter sets among it are heeded.
func (d *demuxer) slices(b []byte) (payload []byte, key bool, err error) {
	var sps, pps []byte
	kept, length := 0, 0
	for nal := range h264.NALs(b) {
		length += 4 + len(nal)
		switch nal[0] & 0x1F {
		case nalSPS:
			sps = nal
		case nalPPS:
			pps = nal
		case nalDelimiter, nalFiller:
		default:
			key = key || nal[0]&0x1F == nalIDR
			kept += 4 + len(nal)
		}
	}
	if length != len(b) {
		return nil, false, errPicture
	}
	if sps != nil && pps != nil {
		if err := d.describe(sps, pps); err != nil {
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

// describe makes a new format if the parameter sets are new.
func (d *demuxer) describe(sps, pps []byte) error {
	if d.video != nil && bytes.Equal(d.video.SPS, sps) && bytes.Equal(d.video.PPS, pps) {
		return nil
	}
	f, err := h264.NewFormat(sps, pps)
	if err == nil {
		d.video = f
	}
	return err
}

func (d *demuxer) sound(at time.Duration, b []byte) (*media.Unit, error) {
	if b[0]>>4 != soundAAC {
		return nil, unsupported("this audio codec")
	}
	if len(b) < audioHeadLen {
		return nil, errShort
	}
	body := b[audioHeadLen:]
	if b[1] == aacHeader {
		if d.audio != nil && bytes.Equal(d.audio.Config, body) {
			return nil, nil
		}
		f, err := aacFormat(body)
		if err == nil {
			d.audio = f
		}
		return nil, err
	}
	if len(body) == 0 {
		return nil, nil
	}
	if d.audio == nil {
		return nil, errNoConfig
	}
	return &media.Unit{
		Format: d.audio, DTS: at, PTS: at, Duration: aacFrame * time.Second / time.Duration(d.audio.SampleRate),
		Key: true, Arrived: time.Now(), Payload: body,
	}, nil
}
