package rtc

import (
	"cmp"
	"slices"
	"strings"

	"github.com/pion/webrtc/v4"

	"callcast/gateway/internal/media"
)

// codecs is what flows of one kind, most preferred first.
type codecs []codec

type codec struct {
	codec  media.Codec
	params webrtc.RTPCodecParameters
	rtx    webrtc.PayloadType // of packets that are sent again (RFC 4588); 0 = they are sent as they were
}

// all is every codec as the peer connection is told of it.
func (cs codecs) all() []webrtc.RTPCodecParameters {
	var all []webrtc.RTPCodecParameters
	for _, c := range cs {
		all = append(all, c.params)
		if c.rtx != 0 {
			all = append(all, c.resends())
		}
	}
	return all
}

// preferring puts the codec of the source first, so that it is passed on as it is, and the others in our own order.
func (cs codecs) preferring(source media.Codec) codecs {
	ours := []media.Codec{source, media.H264, media.VP8, media.Opus, media.PCMA, media.PCMU, media.G722}
	slices.SortStableFunc(cs, func(a, b codec) int {
		return cmp.Compare(slices.Index(ours, a.codec), slices.Index(ours, b.codec))
	})
	return cs
}

// profiles of H.264 in the order one is chosen to send: constrained baseline, which every browser decodes, before those
// that hold it. Only packetization-mode 1 is: pictures are larger than packets (RFC 6184).
func profiles() []string { return []string{"42e0", "4200", "4d00", "6400"} }

// videoOut is what can be sent: H.264 in one profile, and VP8.
func (s *section) videoOut() codecs {
	var all codecs
	for _, profile := range profiles() {
		pt, ok := s.find(func(name, fmtp string) bool {
			return isH264(name) && parameter(fmtp, "packetization-mode") == "1" &&
				strings.HasPrefix(strings.ToLower(parameter(fmtp, "profile-level-id")), profile)
		})
		if ok {
			all = append(all, s.video(media.H264, webrtc.MimeTypeH264, pt))
			break
		}
	}
	if pt, ok := s.find(func(name, _ string) bool { return isVP8(name) }); ok {
		all = append(all, s.video(media.VP8, webrtc.MimeTypeVP8, pt))
	}
	for i := range all {
		all[i].rtx = s.rtx(all[i].params.PayloadType)
	}
	return all
}

// videoIn is what may come: H.264 in all the profiles and modes that are understood, since RTMP takes it as it is; VP8
// from those who have nothing else.
func (s *section) videoIn() codecs {
	var whole, single, vp8 codecs
	s.each(func(pt webrtc.PayloadType, name, fmtp string) {
		switch mode := parameter(fmtp, "packetization-mode"); {
		case isH264(name) && understood(parameter(fmtp, "profile-level-id")) && mode == "1":
			whole = append(whole, s.video(media.H264, webrtc.MimeTypeH264, pt))
		case isH264(name) && understood(parameter(fmtp, "profile-level-id")) && (mode == "0" || mode == ""):
			single = append(single, s.video(media.H264, webrtc.MimeTypeH264, pt))
		case isVP8(name):
			vp8 = append(vp8, s.video(media.VP8, webrtc.MimeTypeVP8, pt))
		}
	})
	all := append(whole, single...)
	if len(all) == 0 {
		all = vp8
	}
	for i := range all {
		all[i].watchCongestion()
	}
	return all
}

func isH264(name string) bool { return name == "h264/90000" }
func isVP8(name string) bool  { return name == "vp8/90000" }

// understood tells whether a profile is baseline, main or high; without one it is baseline (RFC 6184 section 8.1).
func understood(profileLevelID string) bool {
	return profileLevelID == "" || slices.ContainsFunc([]string{"42", "4d", "64"}, func(idc string) bool {
		return strings.HasPrefix(strings.ToLower(profileLevelID), idc)
	})
}

func (s *section) video(c media.Codec, mime string, pt webrtc.PayloadType) codec {
	return codec{codec: c, params: webrtc.RTPCodecParameters{
		PayloadType: pt,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: mime, ClockRate: 90000, SDPFmtpLine: s.line(pt),
			RTCPFeedback: []webrtc.RTCPFeedback{
				{Type: "nack"}, {Type: "nack", Parameter: "pli"}, {Type: "ccm", Parameter: "fir"},
			},
		},
	}}
}

// resends is the format of packets that are sent again.
func (c *codec) resends() webrtc.RTPCodecParameters {
	return webrtc.RTPCodecParameters{
		PayloadType: c.rtx,
		RTPCodecCapability: webrtc.RTPCodecCapability{
			MimeType: webrtc.MimeTypeRTX, ClockRate: c.params.ClockRate, SDPFmtpLine: apt(c.params.PayloadType),
		},
	}
}

// audio is what can be sent and may come, in the offer's order.
func (s *section) audio() codecs {
	var all codecs
	s.each(func(pt webrtc.PayloadType, name, fmtp string) {
		c := codec{params: webrtc.RTPCodecParameters{
			PayloadType: pt, RTPCodecCapability: webrtc.RTPCodecCapability{ClockRate: 8000, SDPFmtpLine: fmtp},
		}}
		capability := &c.params.RTPCodecCapability
		switch strings.TrimSuffix(name, "/1") {
		case "opus/48000/2":
			c.codec, capability.MimeType, capability.ClockRate, capability.Channels = media.Opus, webrtc.MimeTypeOpus, 48000, 2
		case "pcma/8000":
			c.codec, capability.MimeType = media.PCMA, webrtc.MimeTypePCMA
		case "pcmu/8000":
			c.codec, capability.MimeType = media.PCMU, webrtc.MimeTypePCMU
		case "g722/8000":
			c.codec, capability.MimeType = media.G722, webrtc.MimeTypeG722
		default:
			return
		}
		if !slices.ContainsFunc(all, func(have codec) bool { return have.codec == c.codec }) {
			all = append(all, c)
		}
	})
	return all
}

// audioIn is audio whose sender is told how its packets arrive.
func (s *section) audioIn() codecs {
	all := s.audio()
	for i := range all {
		all[i].watchCongestion()
	}
	return all
}

func (c *codec) watchCongestion() {
	c.params.RTCPFeedback = append(c.params.RTCPFeedback, webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBTransportCC})
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
