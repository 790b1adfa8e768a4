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

// Bounds of an offer: a browser's has two sections with some sixty formats, and some ten thousand bytes.
const (
	maxSections = 16
	maxFormats  = 256 // for each of them, all attributes are read
	maxOffer    = 64 << 10
)

// offer is what a browser asks for.
type offer struct {
	sdp   string
	kinds [media.Kinds]codecs // of the first section of each kind that is of use; none: not asked for, or in vain
	sends [media.Kinds]bool   // the browser has something of the kind to send
	takes [media.Kinds]bool   // it wants something of the kind
}

// intent is what an offer is read for.
type intent struct {
	useless string // the direction of sections that do not serve it
	rejects bool   // it is an answer: sections without a port are refused ones
	choose  func(*section, media.Kind) codecs
}

// sending looks for sections that take media, and prefers what the source has.
func sending(source [media.Kinds]media.Codec) intent {
	return intent{useless: "sendonly", choose: func(s *section, k media.Kind) codecs {
		if k == media.Video {
			return s.videoOut().preferring(source[k])
		}
		return s.audio().preferring(source[k])
	}}
}

// receiving looks for sections that bring media.
func receiving() intent {
	return intent{useless: "recvonly", choose: func(s *section, k media.Kind) codecs {
		if k == media.Video {
			return s.videoIn()
		}
		return s.audioIn()
	}}
}

// readOffer understands an offer as far as is needed to choose codecs.
func readOffer(sdp string, to intent) (*offer, error) {
	if len(sdp) > maxOffer {
		return nil, fmt.Errorf("%w: %d bytes", ErrMalformed, len(sdp))
	}
	o := &offer{sdp: tidy(sdp)}
	description := webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: o.sdp}
	parsed, err := description.Unmarshal()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if n := len(parsed.MediaDescriptions); n == 0 || n > maxSections {
		return nil, fmt.Errorf("%w: %d media sections", ErrMalformed, n)
	}
	formats := 0
	for _, m := range parsed.MediaDescriptions {
		if formats += len(m.MediaName.Formats); formats > maxFormats {
			return nil, fmt.Errorf("%w: more than %d formats", ErrMalformed, maxFormats)
		}
		kind := media.Audio
		switch m.MediaName.Media {
		case "audio":
		case "video":
			kind = media.Video
		default:
			continue
		}
		_, useless := m.Attribute(to.useless)
		_, inactive := m.Attribute("inactive")
		rejected := to.rejects && m.MediaName.Port.Value == 0
		if useless || inactive || rejected || o.kinds[kind] != nil {
			continue
		}
		section := newSection(m.MediaName.Formats)
		for _, a := range m.Attributes {
			section.add(a.Key, a.Value)
		}
		o.kinds[kind] = to.choose(section, kind)
		_, sendonly := m.Attribute("sendonly")
		_, recvonly := m.Attribute("recvonly")
		o.sends[kind], o.takes[kind] = !recvonly, !sendonly
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
	return &section{
		formats: formats,
		rtpmap:  map[string]string{"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000"},
		fmtp:    map[string]string{},
	}
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

// each shows every format that can be one.
func (s *section) each(show func(pt webrtc.PayloadType, name, fmtp string)) {
	for _, format := range s.formats {
		if pt, err := strconv.ParseUint(format, 10, 7); err == nil {
			show(webrtc.PayloadType(pt), strings.ToLower(s.rtpmap[format]), s.fmtp[format])
		}
	}
}

// find returns the payload type of the first format that good accepts.
func (s *section) find(good func(name, fmtp string) bool) (found webrtc.PayloadType, ok bool) {
	s.each(func(pt webrtc.PayloadType, name, fmtp string) {
		if !ok && good(name, fmtp) {
			found, ok = pt, true
		}
	})
	return found, ok
}

// line is the fmtp line of a format. It goes into the answer as it is: browsers offer it as they want it back.
func (s *section) line(pt webrtc.PayloadType) string { return s.fmtp[strconv.Itoa(int(pt))] }

// rtx is the payload type of packets of a format that are sent again, 0 if there is none (RFC 4588 section 8.6).
func (s *section) rtx(of webrtc.PayloadType) webrtc.PayloadType {
	pt, _ := s.find(func(name, fmtp string) bool { return name == "rtx/90000" && strings.TrimSpace(fmtp) == apt(of) })
	return pt
}

func apt(of webrtc.PayloadType) string { return "apt=" + strconv.Itoa(int(of)) }
