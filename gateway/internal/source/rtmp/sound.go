package rtmp

import (
	"bytes"
	"time"

	"callcast/gateway/internal/media"
)

// The first bytes of audio tags (Video File Format Specification 10.1, annex E.4.2).
const (
	soundPCMA    = 7
	soundPCMU    = 8
	soundAAC     = 10
	soundSpeex   = 11
	aacHeader    = 0
	audioHeadLen = 2
)

// What the tags of the other codecs don't tell since it cannot differ.
const (
	rateG711   = 8000
	rateSpeex  = 16000
	speexFrame = 20 * time.Millisecond
)

// sound reads audio tags.
type sound struct{ format *media.Format }

// unit returns the unit in a tag, its PTS 0; nil if the tag only describes what follows.
func (s *sound) unit(b []byte) (*media.Unit, error) {
	switch b[0] >> 4 {
	case soundAAC:
		return s.aac(b)
	case soundPCMA:
		return s.telephone(media.PCMA, b[1:])
	case soundPCMU:
		return s.telephone(media.PCMU, b[1:])
	case soundSpeex:
		return s.speex(b[1:])
	default:
		return nil, unsupported("this audio codec")
	}
}

// telephone reads G.711.
func (s *sound) telephone(law media.Codec, body []byte) (*media.Unit, error) {
	if len(body) == 0 {
		return nil, nil
	}
	s.take(law, rateG711)
	return s.frame(time.Duration(len(body))*time.Second/rateG711, body), nil
}

// speex reads a packet of Speex in its wideband mode, the only one there is here. Some senders put several frames into
// one, which only decoding would tell: its duration is that of one.
func (s *sound) speex(body []byte) (*media.Unit, error) {
	if len(body) == 0 {
		return nil, nil
	}
	s.take(media.Speex16, rateSpeex)
	return s.frame(speexFrame, body), nil
}

// take makes a codec that needs no header the format.
func (s *sound) take(codec media.Codec, rate int) {
	if s.format == nil || s.format.Codec != codec {
		s.format = &media.Format{Codec: codec, SampleRate: rate, Channels: 1}
	}
}

func (s *sound) frame(duration time.Duration, body []byte) *media.Unit {
	return &media.Unit{Format: s.format, Duration: duration, Key: true, Payload: body}
}

func (s *sound) aac(b []byte) (*media.Unit, error) {
	if len(b) < audioHeadLen {
		return nil, errShort
	}
	body := b[audioHeadLen:]
	known := s.format != nil && s.format.Codec == media.AAC
	switch {
	case b[1] == aacHeader:
		if known && bytes.Equal(s.format.Config, body) {
			return nil, nil
		}
		f, err := aacFormat(body)
		if err == nil {
			s.format = f
		}
		return nil, err
	case len(body) == 0:
		return nil, nil
	case !known:
		return nil, errNoConfig
	}
	return s.frame(aacFrame*time.Second/time.Duration(s.format.SampleRate), body), nil
}
