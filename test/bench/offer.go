package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// offer is what the callee needs of an SDP offer (RFC 8866).
type offer struct {
	target
	keys                       string // payload type of telephone-event (RFC 4733); empty if it is not offered
	audioProfile, videoProfile string
}

// parseOffer takes an offer of one audio line with PCMA and, after it, one video line with H.264 in packetization mode 1 if
// there are pictures.
func parseOffer(sdp string) (offer, error) {
	const pcma = 8 // RFC 3551 section 6
	o := offer{target: target{audioType: pcma}}
	for line := range strings.Lines(sdp) {
		line = strings.TrimRight(line, "\r\n")
		if media, ok := strings.CutPrefix(line, "m="); ok {
			if err := o.media(strings.Fields(media)); err != nil {
				return offer{}, fmt.Errorf("line %q: %w", line, err)
			}
		}
		if kind, ok := strings.CutSuffix(line, " telephone-event/8000"); ok {
			o.keys = strings.TrimPrefix(kind, "a=rtpmap:")
		}
		format, ok := strings.CutPrefix(line, "a=fmtp:")
		if ok && strings.Contains(format, "packetization-mode=1") {
			number, _, _ := strings.Cut(format, " ")
			kind, err := strconv.ParseUint(number, 10, 7)
			if err != nil {
				return offer{}, fmt.Errorf("line %q: %w", line, err)
			}
			o.videoType = uint8(kind)
		}
	}
	if o.audioPort == 0 {
		return offer{}, errors.New("offer lacks sound")
	}
	return o, nil
}

// media takes the fields of a media line: kind, port, profile, payload types.
func (o *offer) media(fields []string) error {
	if len(fields) < 4 {
		return errors.New("cut short")
	}
	port, err := strconv.ParseUint(fields[1], 10, 16)
	if err != nil {
		return err
	}
	switch {
	case fields[0] == "audio" && o.videoPort == 0:
		o.audioPort, o.audioProfile = int(port), fields[2]
	case fields[0] == "video":
		o.videoPort, o.videoProfile = int(port), fields[2]
	}
	return nil
}

// accept takes an offer of sound and pictures.
func (s *sender) accept(sdp string) (answer string, to target, err error) {
	o, err := parseOffer(sdp)
	if err != nil {
		return "", target{}, err
	}
	if o.videoPort == 0 || o.videoType == 0 {
		return "", target{}, errors.New("offer lacks H264")
	}
	return o.answer(s), o.target, nil
}

// answer accepts the offer for a sender.
func (o offer) answer(s *sender) string {
	audio, audioControl := s.audio.ports()
	video, videoControl := s.video.ports()
	lines := []string{
		"v=0", "o=bench 1 1 IN IP4 127.0.0.1", "s=bench", "c=IN IP4 127.0.0.1", "t=0 0",
		fmt.Sprintf("m=audio %d %s %d", audio, o.audioProfile, o.audioType),
		fmt.Sprintf("a=rtcp:%d", audioControl),
		fmt.Sprintf("a=rtpmap:%d PCMA/8000", o.audioType),
		fmt.Sprintf("m=video %d %s %d", video, o.videoProfile, o.videoType),
		fmt.Sprintf("a=rtcp:%d", videoControl),
		fmt.Sprintf("a=rtpmap:%d H264/90000", o.videoType),
		fmt.Sprintf("a=fmtp:%d profile-level-id=42c01f;packetization-mode=1;sprop-parameter-sets=%s", o.videoType, s.clip.sets),
		fmt.Sprintf("a=rtcp-fb:%d nack pli", o.videoType),
	}
	return strings.Join(lines, "\r\n") + "\r\n"
}
