package rtc

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// Errors of an offer.
var (
	ErrMalformed = errors.New("not a session description")
	ErrNoCodec   = errors.New("No common codecs") //nolint:staticcheck // the words clients of WCS know
)

// maxSections bounds an offer: a browser that plays sends two.
const maxSections = 16

// offer is what a browser asks for.
type offer struct {
	sdp   string
	kinds [media.Kinds]codecs // of the first section of each kind that takes media; none: not asked for, or in vain
}

// codecs is what the gateway will send of one kind, most preferred first.
type codecs []codec

type codec struct {
	codec  media.Codec
	params webrtc.RTPCodecParameters
}

// readOffer understands an offer as far as is needed to choose codecs. first is the audio codec that is preferred if
// the browser takes it.
func readOffer(sdp string, first media.Codec) (*offer, error) {
	o := &offer{sdp: tidy(sdp)}
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.sdp}
	parsed, err := description.Unmarshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if n := len(parsed.MediaDescriptions); n == 0 || n > maxSections {
		return nil, fmt.Errorf("%w: %d media sections", ErrMalformed, n)
	}
	for _, m := range parsed.MediaDescriptions {
		kind := media.Audio
		switch m.MediaName.Media {
		case "audio":
		case "video":
			kind = media.Video
		default:
			continue
		}
		_, sends := m.Attribute("sendonly")
		_, inactive := m.Attribute("inactive")
		if sends || inactive || o.kinds[kind] != nil {
			continue
		}
		section := newSection(m.MediaName.Formats)
		for _, a := range m.Attributes {
			section.add(a.Key, a.Value)
		}
		if kind == media.Video {
			o.kinds[kind] = section.video()
		} else {
			o.kinds[kind] = section.audio(first)
		}
	}
	if o.kinds[media.Audio] == nil && o.kinds[media.Video] == nil {
		return nil, ErrNoCodec
	}
	return o, nil
}

// tidy gives every line the ending it should have. Pages that cut codecs out of an offer leave blanks and bare line
// feeds behind.
func tidy(sdp string) string {
	var b strings.Builder
	for line := range strings.Lines(sdp) {
		if line = strings.TrimRight(line, " \t\r\n"); line != "" {
			b.WriteString(line)
			b.WriteString("\r\n")
		}
	}
	return b.String()
}

// section is one media section of an offer.
type section struct {
	formats []string          // payload types, as written
	rtpmap  map[string]string // beginning with the static types, which need none (RFC 3551)
	fmtp    map[string]string
}

func newSection(formats []string) *section {
	return &section{formats: formats, rtpmap: map[string]string{"0": "PCMU/8000", "8": "PCMA/8000"}, fmtp: map[string]string{}}
}

func (s *section) add(key, value string) {
	format, value, _ := strings.Cut(value, " ")
	switch key {
	case "rtpmap":
		s.rtpmap[format] = value
	case "fmtp":
		s.fmtp[format] = value
	}
}

// find returns the payload type of the first format that good accepts.
func (s *section) find(good func(name, fmtp string) bool) (webrtc.PayloadType, bool) {
	for _, format := range s.formats {
		pt, err := strconv.ParseUint(format, 10, 7)
		if err == nil && good(strings.ToLower(s.rtpmap[format]), s.fmtp[format]) {
			return webrtc.PayloadType(pt), true
		}
	}
	return 0, false
}
