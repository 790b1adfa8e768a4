package sdp

import (
	"bytes"
	"cmp"
	"fmt"
	"net/netip"
	"slices"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

// OfferParams is what this side of a session is.
type OfferParams struct {
	IP        netip.Addr // where media is received, unless a stream says otherwise
	SessionID uint64
	Version   uint64 // grows with each description of the session
	SRTP      gateway.SRTPPolicy
	Audio     MediaOffer
	Video     MediaOffer
}

// MediaOffer is one stream of this side.
type MediaOffer struct {
	Port     int // 0: not available
	RTCPPort int
	IP       netip.Addr // of Port; zero: that of the session
	RTCPIP   netip.Addr // of RTCPPort, likewise
	Send     bool       // sendrecv, else recvonly
	Hold     bool       // takes nothing: sendonly, or inactive
	SSRC     uint32
	CNAME    string
	Codecs   []media.Codec // that may be agreed on, the preferred first; empty: not available
	Keys     []Key         // unless SRTP is never used
}

func (m MediaOffer) direction() Direction { return Direction{Send: m.Send, Receive: !m.Hold} }

// ip is where a stream is received.
func (p OfferParams) ip(m MediaOffer) netip.Addr { return cmp.Or(m.IP, p.IP) }

const offeredH264 = "profile-level-id=420020"

func (m MediaOffer) available() bool { return m.Port != 0 && len(m.Codecs) > 0 }

// Offer describes a session with one audio stream, and one video stream if there is a port and a codec for it.
func Offer(p OfferParams) []byte {
	var b bytes.Buffer
	writeSession(&b, p)

	sound, tones := Offered(p.Audio.Codecs), OfferedEvents(p.Audio.Codecs)
	writeMedia(&b, audio, p.Audio.Port, p.profile(), append(slices.Clone(sound), tones...))
	writeConnection(&b, p.ip(p.Audio))
	for _, f := range sound {
		writeAudioFormat(&b, f)
	}
	for _, f := range tones {
		writeDTMF(&b, f)
	}
	b.WriteString("a=ptime:20\r\n")
	writeTransport(&b, p, p.Audio, p.Audio.direction())
	writeKeys(&b, p.Audio.Keys...)
	if !p.Video.available() {
		return b.Bytes()
	}

	pictures := Offered(p.Video.Codecs)
	writeMedia(&b, video, p.Video.Port, p.profile(), pictures)
	writeConnection(&b, p.ip(p.Video))
	for _, f := range pictures {
		writeVideoFormat(&b, f, offeredH264)
	}
	writeFeedback(&b)
	writeTransport(&b, p, p.Video, p.Video.direction())
	writeKeys(&b, p.Video.Keys...)
	return b.Bytes()
}

func writeMedia(b *bytes.Buffer, kind string, port int, proto string, payloads []Payload) {
	fmt.Fprintf(b, "m=%s %d %s", kind, port, proto)
	for _, p := range payloads {
		fmt.Fprintf(b, " %d", p.Type)
	}
	b.WriteString("\r\n")
}

func writeSession(b *bytes.Buffer, p OfferParams) {
	fmt.Fprintf(b, "v=0\r\no=callcast %d %d IN %s\r\ns=Callcast\r\n", p.SessionID, p.Version, network(p.IP))
	writeConnection(b, p.IP)
	b.WriteString("t=0 0\r\n")
}

func writeConnection(b *bytes.Buffer, ip netip.Addr) { fmt.Fprintf(b, "c=IN %s\r\n", network(ip)) }

func network(ip netip.Addr) string {
	if ip.Is6() && !ip.Is4In6() {
		return "IP6 " + ip.WithZone("").String()
	}
	return "IP4 " + ip.Unmap().String()
}

func writeAudioFormat(b *bytes.Buffer, p Payload) {
	name, channels := encodingName(p.Codec)
	fmt.Fprintf(b, "a=rtpmap:%d %s/%d%s\r\n", p.Type, name, p.ClockRate, channels)
	if more := fmtp(p.Codec); more != "" {
		fmt.Fprintf(b, "a=fmtp:%d %s\r\n", p.Type, more)
	}
}

func writeDTMF(b *bytes.Buffer, p Payload) {
	fmt.Fprintf(b, "a=rtpmap:%d telephone-event/%d\r\na=fmtp:%d 0-15\r\n", p.Type, p.ClockRate, p.Type)
}

// writeVideoFormat writes a codec of pictures; h264 is the profile of that one.
func writeVideoFormat(b *bytes.Buffer, p Payload, h264 string) {
	if p.Codec == media.H264 {
		writeH264(b, p.Type, p.PacketizationMode, h264)
		return
	}
	fmt.Fprintf(b, "a=rtpmap:%d %s/%d\r\n", p.Type, p.Codec, p.ClockRate)
}

func writeH264(b *bytes.Buffer, pt uint8, mode int, profile string) {
	fmt.Fprintf(b, "a=rtpmap:%d H264/90000\r\na=fmtp:%d packetization-mode=%d; %s\r\n", pt, pt, mode, profile)
}

// writeFeedback names the feedback under the plain profile too: most cameras heed it there, and few speak AVPF.
func writeFeedback(b *bytes.Buffer) {
	b.WriteString("a=rtcp-fb:* ccm fir\r\na=rtcp-fb:* nack\r\na=rtcp-fb:* nack pli\r\n")
}

func writeTransport(b *bytes.Buffer, p OfferParams, m MediaOffer, d Direction) {
	fmt.Fprintf(b, "a=rtcp:%d IN %s\r\na=%s\r\na=ssrc:%d cname:%s\r\n", m.RTCPPort, network(cmp.Or(m.RTCPIP, p.IP)), d, m.SSRC, m.CNAME)
}
