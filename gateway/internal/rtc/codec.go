package rtc

import (
	"strings"

	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// profiles of H.264 in the order they are chosen: constrained baseline, which every browser decodes, before those that
// hold it. Only packetization-mode 1 is: pictures are larger than packets (RFC 6184).
func profiles() []string { return []string{"42e0", "4200", "4d00", "6400"} }

// video chooses H.264 and nothing else, though browsers put other codecs first.
func (s *section) video() codecs {
	for _, profile := range profiles() {
		var line string
		pt, ok := s.find(func(name, fmtp string) bool {
			line = fmtp
			return name == "h264/90000" && parameter(fmtp, "packetization-mode") == "1" &&
				strings.HasPrefix(strings.ToLower(parameter(fmtp, "profile-level-id")), profile)
		})
		if !ok {
			continue
		}
		return codecs{{media.H264, webrtc.RTPCodecParameters{
			PayloadType: pt,
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: webrtc.MimeTypeH264, ClockRate: 90000,
				SDPFmtpLine: "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=" + parameter(line, "profile-level-id"),
				RTCPFeedback: []webrtc.RTCPFeedback{
					{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
				},
			},
		}}}
	}
	return nil
}

// audio chooses all that the gateway can send, first before the others. Which of them is sent is decided by what the
// stream carries.
func (s *section) audio(first media.Codec) codecs {
	var all codecs
	for _, c := range []struct {
		codec    media.Codec
		name     string
		mime     string
		rate     uint32
		channels uint16
		fmtp     string
	}{
		{media.Opus, "opus/48000/2", webrtc.MimeTypeOpus, 48000, 2, "minptime=10;useinbandfec=1"},
		{media.PCMA, "pcma/8000", webrtc.MimeTypePCMA, 8000, 0, ""},
		{media.PCMU, "pcmu/8000", webrtc.MimeTypePCMU, 8000, 0, ""},
	} {
		pt, ok := s.find(func(name, _ string) bool { return strings.TrimSuffix(name, "/1") == c.name })
		if !ok {
			continue
		}
		offered := codec{c.codec, webrtc.RTPCodecParameters{
			PayloadType: pt,
			RTPCodecCapability: webrtc.RTPCodecCapability{
				MimeType: c.mime, ClockRate: c.rate, Channels: c.channels, SDPFmtpLine: c.fmtp,
			},
		}}
		if c.codec == first {
			all = append(codecs{offered}, all...)
		} else {
			all = append(all, offered)
		}
	}
	return all
}

// parameter returns one parameter of an fmtp line.
func parameter(fmtp, key string) string {
	for part := range strings.SplitSeq(fmtp, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if strings.EqualFold(name, key) {
			return value
		}
	}
	return ""
}
