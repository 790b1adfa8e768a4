package sdp

import (
	"bytes"
	"fmt"
	"net/netip"

	"callcast/gateway"
)

// OfferParams is what this side of a session is.
type OfferParams struct {
	IP        netip.Addr // where media is received
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
	Send     bool // sendrecv, else recvonly
	Hold     bool // takes nothing: sendonly, or inactive
	SSRC     uint32
	CNAME    string
	Keys     []Key // unless SRTP is never used
}

func (m MediaOffer) direction() Direction { return Direction{Send: m.Send, Receive: !m.Hold} }

// Payload types of what is offered.
const (
	PCMU        = 0
	PCMA        = 8
	DTMF        = 101
	H264Mode1   = 112
	H264Mode0   = 113
	offeredH264 = "profile-level-id=420020"
)

// Offer describes a session with one audio stream, and one video stream if there is a port for it.
func Offer(p OfferParams) []byte {
	var b bytes.Buffer
	writeSession(&b, p)

	fmt.Fprintf(&b, "m=audio %d %s %d %d %d\r\n", p.Audio.Port, p.profile(), PCMA, PCMU, DTMF)
	writeConnection(&b, p.IP)
	writeAudioFormat(&b, Payload{Type: PCMA, Codec: "PCMA", ClockRate: 8000})
	writeAudioFormat(&b, Payload{Type: PCMU, Codec: "PCMU", ClockRate: 8000})
	writeDTMF(&b, Payload{Type: DTMF, ClockRate: 8000})
	b.WriteString("a=ptime:20\r\n")
	writeTransport(&b, p, p.Audio, p.Audio.direction())
	writeKeys(&b, p.Audio.Keys...)
	if p.Video.Port == 0 {
		return b.Bytes()
	}

	fmt.Fprintf(&b, "m=video %d %s %d %d\r\n", p.Video.Port, p.profile(), H264Mode1, H264Mode0)
	writeConnection(&b, p.IP)
	writeH264(&b, H264Mode1, 1, offeredH264)
	writeH264(&b, H264Mode0, 0, offeredH264)
	writeFeedback(&b)
	writeTransport(&b, p, p.Video, p.Video.direction())
	writeKeys(&b, p.Video.Keys...)
	return b.Bytes()
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
	fmt.Fprintf(b, "a=rtpmap:%d %s/%d\r\n", p.Type, p.Codec, p.ClockRate)
}

func writeDTMF(b *bytes.Buffer, p Payload) {
	fmt.Fprintf(b, "a=rtpmap:%d telephone-event/%d\r\na=fmtp:%d 0-15\r\n", p.Type, p.ClockRate, p.Type)
}

func writeH264(b *bytes.Buffer, pt uint8, mode int, profile string) {
	fmt.Fprintf(b, "a=rtpmap:%d H264/90000\r\na=fmtp:%d packetization-mode=%d; %s\r\n", pt, pt, mode, profile)
}

// writeFeedback names the feedback under the plain profile too: most cameras heed it there, and few speak AVPF.
func writeFeedback(b *bytes.Buffer) {
	b.WriteString("a=rtcp-fb:* ccm fir\r\na=rtcp-fb:* nack\r\na=rtcp-fb:* nack pli\r\n")
}

func writeTransport(b *bytes.Buffer, p OfferParams, m MediaOffer, d Direction) {
	fmt.Fprintf(b, "a=rtcp:%d IN %s\r\na=%s\r\na=ssrc:%d cname:%s\r\n", m.RTCPPort, network(p.IP), d, m.SSRC, m.CNAME)
}
