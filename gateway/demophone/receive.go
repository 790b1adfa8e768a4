package demophone

import (
	"net"
	"strings"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// Keyframes counts the requests for a picture that the phone heeded, by the way they came.
type Keyframes struct{ PLI, FIR, Info int }

const (
	readSize    = 2048
	toneSymbols = "0123456789*#ABCD" // RFC 4733 section 3.2
	maxTones    = 1024
)

func (s *session) readAudio() {
	readPackets(s.audio.rtp, func(raw []byte) {
		var p rtp.Packet
		if p.Unmarshal(raw) != nil {
			return
		}
		agreed := s.heard(&p)
		if s.options.OnSound != nil && p.PayloadType == agreed.payload && len(p.Payload) > 0 {
			s.options.OnSound(s.call, p.Timestamp, decode(p.Payload, agreed.ulaw))
		}
	})
}

// heard notes a packet, and returns what sound was agreed on.
func (s *session) heard(p *rtp.Packet) chosen {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.audio.received++
	if events := s.audio.chosen.events; events != 0 && p.PayloadType == events {
		s.hear(p.Timestamp, p.Payload)
	}
	return s.audio.chosen
}

func (s *session) readVideo() {
	var v viewer
	readPackets(s.video.rtp, func(raw []byte) {
		payload := s.seen()
		var p rtp.Packet
		if s.options.OnPicture == nil || p.Unmarshal(raw) != nil || p.PayloadType != payload || len(p.Payload) == 0 {
			return
		}
		if picture, ok := v.push(&p); ok {
			s.options.OnPicture(s.call, p.Timestamp, picture)
		}
	})
}

// seen notes a packet, and returns the payload type that was agreed on.
func (s *session) seen() uint8 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.video.received++
	return s.video.chosen.payload
}

// hear notes a tone once, however many packets tell of it: they share a timestamp (RFC 4733 section 2.5).
func (s *session) hear(timestamp uint32, event []byte) {
	if len(event) < 4 || int(event[0]) >= len(toneSymbols) || s.everTone && timestamp == s.tone {
		return
	}
	s.tone, s.everTone = timestamp, true
	s.note(toneSymbols[event[0] : event[0]+1])
}

// note adds tones, however they came. The caller holds the lock.
func (s *session) note(symbols string) {
	if len(s.tones) < maxTones {
		s.tones = append(s.tones, symbols...)
	}
}

// readControl heeds requests for a keyframe (RFC 4585 section 6.3.1, RFC 5104 section 4.3.1).
func (s *session) readControl(t *track) {
	readPackets(t.rtcp, func(raw []byte) {
		packets, err := rtcp.Unmarshal(raw)
		if err != nil {
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, p := range packets {
			switch p := p.(type) {
			case *rtcp.PictureLossIndication:
				if p.MediaSSRC == s.video.ssrc {
					s.keyframes.PLI++
					s.keyWanted = true
				}
			case *rtcp.FullIntraRequest:
				s.heedFIR(p)
			}
		}
	})
}

// heedFIR acts on a request once: repetitions carry the same number.
func (s *session) heedFIR(p *rtcp.FullIntraRequest) {
	for _, f := range p.FIR {
		repeated := s.keyframes.FIR > 0 && f.SequenceNumber == s.lastFIR
		if f.SSRC == s.video.ssrc && !repeated {
			s.lastFIR = f.SequenceNumber
			s.keyframes.FIR++
			s.keyWanted = true
		}
	}
}

// info acts on the body of a SIP INFO: tones, or a request for a keyframe (RFC 5168). It reports whether it knew it.
func (s *session) info(contentType string, body []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	contentType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
	text := strings.TrimSpace(string(body))
	switch contentType {
	case "application/media_control+xml":
		if !strings.Contains(text, "picture_fast_update") {
			return false
		}
		s.keyframes.Info++
		s.keyWanted = true
		return true
	case "application/dtmf-relay":
		for line := range strings.Lines(text) {
			key, value, _ := strings.Cut(line, "=")
			if strings.EqualFold(strings.TrimSpace(key), "Signal") {
				return s.noteInfo(strings.TrimSpace(value))
			}
		}
	case "application/dtmf":
		return s.noteInfo(text)
	}
	return false
}

func (s *session) noteInfo(symbol string) bool {
	if len(symbol) != 1 || !strings.Contains(toneSymbols, symbol) {
		return false
	}
	s.note(symbol)
	return true
}

// readPackets hands every datagram to handle until the socket is closed. A peer's closed port shows as an error of a
// read, and does not end it.
func readPackets(conn *net.UDPConn, handle func([]byte)) {
	buffer := make([]byte, readSize)
	for {
		n, _, err := conn.ReadFromUDPAddrPort(buffer)
		if isClosed(err) {
			return
		}
		if err == nil && n > 0 {
			handle(buffer[:n])
		}
	}
}
