package demophone

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

var errNothingUsable = errors.New("offer has no media the phone can send")

// chosen is what the phone makes of one offered m-line.
type chosen struct {
	offer     *section
	payload   uint8 // 0 is PCMU as well as "none": refused tells
	events    uint8 // telephone-event, 0 if not offered
	ulaw      bool
	fragments bool // H264 packetization-mode 1
	refused   bool
}

// choose decides about every m-line of an offer: the first audio line as PCMA or PCMU, the first video line as H264.
func choose(offer []*section, video bool) ([]chosen, error) {
	out := make([]chosen, len(offer))
	usable := false
	taken := map[string]bool{}
	for i, s := range offer {
		c := &out[i]
		*c = chosen{offer: s, refused: true}
		plain := s.profile == "RTP/AVP" || s.profile == "RTP/AVPF"
		if !plain || s.port == 0 || !s.addr.IsValid() || taken[s.kind] || s.kind == "video" && !video {
			continue
		}
		switch s.kind {
		case "audio":
			c.chooseAudio()
		case "video":
			c.chooseVideo()
		}
		taken[s.kind] = !c.refused
		usable = usable || !c.refused
	}
	if !usable {
		return nil, errNothingUsable
	}
	return out, nil
}

func (c *chosen) chooseAudio() {
	pt := c.offer.find("PCMA/8000", always)
	if pt == "" {
		pt = c.offer.find("PCMU/8000", always)
		c.ulaw = true
	}
	c.use(pt)
	if events, err := strconv.ParseUint(c.offer.find("TELEPHONE-EVENT/8000", always), 10, 7); err == nil {
		c.events = uint8(events)
	}
}

func (c *chosen) chooseVideo() {
	mode1 := func(fmtp string) bool { return strings.Contains(fmtp, "packetization-mode=1") }
	pt := c.offer.find("H264/90000", mode1)
	c.fragments = pt != ""
	if pt == "" {
		pt = c.offer.find("H264/90000", always)
	}
	c.use(pt)
}

func (c *chosen) use(pt string) {
	n, err := strconv.ParseUint(pt, 10, 7)
	if err != nil {
		return
	}
	c.payload, c.refused = uint8(n), false
}

// answer writes the SDP that answers an offer. ports are the phone's RTP ports by kind of media.
func answer(lines []chosen, addr netip.Addr, ports map[string]uint16, version int, ptimeMS int) []byte {
	var b strings.Builder
	family := "IP4"
	if addr.Is6() {
		family = "IP6"
	}
	fmt.Fprintf(&b, "v=0\r\no=demo 1 %d IN %s %s\r\ns=Callcast demo\r\nc=IN %s %s\r\nt=0 0\r\n", version, family, addr, family, addr)
	for _, l := range lines {
		s := l.offer
		if l.refused {
			fmt.Fprintf(&b, "m=%s 0 %s %s\r\n", s.kind, s.profile, strings.Join(s.payloads, " "))
			continue
		}
		fmt.Fprintf(&b, "m=%s %d %s %d", s.kind, ports[s.kind], s.profile, l.payload)
		if l.events != 0 {
			fmt.Fprintf(&b, " %d", l.events)
		}
		b.WriteString("\r\n")
		if s.kind == "audio" {
			l.writeAudio(&b, ptimeMS)
		} else {
			l.writeVideo(&b)
		}
		fmt.Fprintf(&b, "a=%s\r\n", reverse(s.direction))
	}
	return []byte(b.String())
}

func (c *chosen) writeAudio(b *strings.Builder, ptimeMS int) {
	name := "PCMA"
	if c.ulaw {
		name = "PCMU"
	}
	fmt.Fprintf(b, "a=rtpmap:%d %s/8000\r\n", c.payload, name)
	if c.events != 0 {
		fmt.Fprintf(b, "a=rtpmap:%d telephone-event/8000\r\na=fmtp:%d 0-15\r\n", c.events, c.events)
	}
	fmt.Fprintf(b, "a=ptime:%d\r\n", ptimeMS)
}

func (c *chosen) writeVideo(b *strings.Builder) {
	mode := 0
	if c.fragments {
		mode = 1
	}
	fmt.Fprintf(b, "a=rtpmap:%d H264/90000\r\na=fmtp:%d profile-level-id=42e01f;packetization-mode=%d\r\n", c.payload, c.payload, mode)
	if c.offer.profile == "RTP/AVPF" {
		fmt.Fprintf(b, "a=rtcp-fb:%d nack pli\r\na=rtcp-fb:%d ccm fir\r\n", c.payload, c.payload)
	}
}
