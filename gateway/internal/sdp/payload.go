package sdp

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

const (
	audio = "audio"
	video = "video"

	telephoneEvent = "TELEPHONE-EVENT"
)

// codecs are those that may be agreed on, by kind, as a=rtpmap names them in upper case.
var codecs = map[string]map[string]media.Codec{
	audio: {
		"PCMA/8000": media.PCMA, "PCMU/8000": media.PCMU, "G722/8000": media.G722, "G729/8000": media.G729,
		"OPUS/48000/2": media.Opus, "SPEEX/8000": media.Speex, "SPEEX/16000": media.Speex16,
	},
	video: {"H264/90000": media.H264, "VP8/90000": media.VP8},
}

// static are the payload types that need no a=rtpmap (RFC 3551).
var static = map[string]string{"0": "PCMU/8000", "8": "PCMA/8000", "9": "G722/8000", "18": "G729/8000"}

// encoding returns the encoding name and clock rate of a format in upper case, without the number of channels if it
// is 1.
func (l *line) encoding(format string) string {
	name := strings.ToUpper(strings.ReplaceAll(l.perFormat("rtpmap", format), " ", ""))
	if name == "" {
		return static[format]
	}
	return strings.TrimSuffix(name, "/1")
}

// payloads returns what of a line is among the wanted codecs, and what it names besides; nil wants all. Of the payload
// types of tones it is that with the clock of the first codec, if there is one.
func (l *line) payloads(wanted []media.Codec) (known []Payload, dtmf *Payload, unknown []string) {
	var tones []Payload
	for _, format := range l.formats {
		pt, err := strconv.ParseUint(format, 10, 7)
		if err != nil {
			continue
		}
		encoding := l.encoding(format)
		name, clock, _ := strings.Cut(encoding, "/")
		clock, _, _ = strings.Cut(clock, "/")
		rate, _ := strconv.Atoi(clock)
		p := Payload{Type: uint8(pt), ClockRate: rate}
		if name == telephoneEvent && l.kind == audio {
			if rate > 0 {
				tones = append(tones, p)
			}
			continue
		}
		if encoding == "" {
			encoding = "payload type " + format
		}
		codec, ok := codecs[l.kind][encoding]
		ok = ok && (wanted == nil || slices.Contains(wanted, codec))
		if p.Codec = codec; !ok || codec == media.H264 && !p.readH264(l.perFormat("fmtp", format)) {
			unknown = append(unknown, encoding)
			continue
		}
		known = append(known, p)
	}
	return known, inStep(tones, known), unknown
}

// inStep is the payload type of tones whose clock is that of the sound, else the first.
func inStep(tones, sound []Payload) *Payload {
	if len(tones) == 0 {
		return nil
	}
	if len(sound) > 0 {
		if i := slices.IndexFunc(tones, func(p Payload) bool { return p.ClockRate == sound[0].ClockRate }); i >= 0 {
			return &tones[i]
		}
	}
	return &tones[0]
}

// readH264 takes the parameters of RFC 6184 section 8.1. It refuses the interleaved mode.
func (p *Payload) readH264(fmtp string) bool {
	if mode, ok := parameter(fmtp, "packetization-mode"); ok {
		n, err := strconv.Atoi(mode)
		if err != nil || n < 0 || n > 1 {
			return false
		}
		p.PacketizationMode = n
	}
	sets, _ := parameter(fmtp, "sprop-parameter-sets")
	for text := range strings.SplitSeq(sets, ",") {
		nal, err := base64.StdEncoding.DecodeString(text)
		if err != nil || len(nal) == 0 {
			continue
		}
		switch {
		case h264.IsSPS(nal) && p.SPS == nil:
			p.SPS = nal
		case h264.IsPPS(nal) && p.PPS == nil:
			p.PPS = nal
		}
	}
	return true
}

// parameter finds one of the "name=value" that semicolons part.
func parameter(fmtp, name string) (string, bool) {
	for part := range strings.SplitSeq(fmtp, ";") {
		if have, value, _ := strings.Cut(part, "="); strings.EqualFold(strings.TrimSpace(have), name) {
			return strings.TrimSpace(value), true
		}
	}
	return "", false
}

// feedback reads a=rtcp-fb for any payload type (RFC 4585 section 4.2, RFC 5104 section 7.1).
func (l *line) feedback() Feedback {
	var f Feedback
	for _, a := range l.attributes {
		if a.name != "rtcp-fb" {
			continue
		}
		_, what, _ := strings.Cut(a.value, " ")
		f.Named = true
		switch strings.ToLower(strings.Join(strings.Fields(what), " ")) {
		case "nack":
			f.NACK = true
		case "nack pli":
			f.PLI = true
		case "ccm fir":
			f.FIR = true
		}
	}
	return f
}
