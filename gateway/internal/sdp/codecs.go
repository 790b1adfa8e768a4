package sdp

import (
	"slices"

	"callcast/gateway/internal/media"
)

// Payload types of what is offered.
const (
	PCMU      = 0
	PCMA      = 8
	G722      = 9
	G729      = 18
	Opus      = 96
	Speex     = 97
	Speex16   = 98
	DTMF      = 101
	DTMF16    = 102
	DTMF48    = 103
	H264Mode1 = 112
	H264Mode0 = 113
	VP8       = 114
)

// offers are the payload types that each codec is offered by. The clock of G.722 is half of its samples (RFC 3551 section
// 4.5.2), that of Opus is the same for every rate it sounds at (RFC 7587 section 4.1).
var offers = map[media.Codec][]Payload{
	media.PCMU:    {{Type: PCMU, Codec: media.PCMU, ClockRate: 8000}},
	media.PCMA:    {{Type: PCMA, Codec: media.PCMA, ClockRate: 8000}},
	media.G722:    {{Type: G722, Codec: media.G722, ClockRate: 8000}},
	media.G729:    {{Type: G729, Codec: media.G729, ClockRate: 8000}},
	media.Opus:    {{Type: Opus, Codec: media.Opus, ClockRate: 48000}},
	media.Speex:   {{Type: Speex, Codec: media.Speex, ClockRate: 8000}},
	media.Speex16: {{Type: Speex16, Codec: media.Speex16, ClockRate: 16000}},
	media.H264: {
		{Type: H264Mode1, Codec: media.H264, ClockRate: 90000, PacketizationMode: 1},
		{Type: H264Mode0, Codec: media.H264, ClockRate: 90000},
	},
	media.VP8: {{Type: VP8, Codec: media.VP8, ClockRate: 90000}},
}

// events are the payload types that tones are offered by, with the clocks of the sound they stand in (RFC 4733 section
// 2.5.1.1).
var events = []Payload{{Type: DTMF, ClockRate: 8000}, {Type: DTMF16, ClockRate: 16000}, {Type: DTMF48, ClockRate: 48000}}

// Offered is the payload types that codecs are offered by, in their order.
func Offered(codecs []media.Codec) []Payload {
	var all []Payload
	for _, c := range codecs {
		all = append(all, offers[c]...)
	}
	return all
}

// OfferedEvents is the payload types of tones that codecs are offered with.
func OfferedEvents(codecs []media.Codec) []Payload {
	var all []Payload
	for _, e := range events {
		if slices.ContainsFunc(Offered(codecs), func(p Payload) bool { return p.ClockRate == e.ClockRate }) {
			all = append(all, e)
		}
	}
	return all
}

// fmtp is what is said of an audio codec beside its name; empty if nothing is.
func fmtp(c media.Codec) string {
	switch c {
	case media.Opus:
		return "useinbandfec=1"
	case media.G729:
		return "annexb=no"
	default:
		return ""
	}
}

// encodingName is what a=rtpmap calls a codec, with the parameter behind its clock.
func encodingName(c media.Codec) (name, channels string) {
	switch c {
	case media.Speex16:
		return "speex", ""
	case media.Opus:
		return "opus", "/2" // whatever the sound has
	default:
		return string(c), ""
	}
}
