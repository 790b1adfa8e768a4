package demophone

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// section is one m-line of an offer (RFC 8866), as far as the phone needs it.
type section struct {
	kind      string // audio, video or anything else
	profile   string // RTP/AVP, RTP/AVPF, ...
	payloads  []string
	addr      netip.Addr
	port      uint16
	rtcp      netip.AddrPort
	direction string
	rtpmap    map[string]string // payload type -> encoding/clock, upper case
	fmtp      map[string]string
}

// parseOffer reads the m-lines of an offer.
func parseOffer(body []byte) ([]*section, error) {
	var sections []*section
	var session section
	session.direction = "sendrecv"
	now := &session
	for line := range strings.SplitSeq(string(body), "\n") {
		line = strings.TrimRight(line, "\r")
		kind, value, ok := strings.Cut(line, "=")
		if !ok {
			continue
		}
		switch kind {
		case "c":
			now.addr = connection(value)
		case "m":
			s, err := parseMedia(value)
			if err != nil {
				return nil, err
			}
			s.addr, s.direction = session.addr, session.direction
			sections, now = append(sections, s), s
		case "a":
			now.attribute(value)
		}
	}
	for _, s := range sections {
		if !s.rtcp.Addr().IsValid() {
			s.rtcp = netip.AddrPortFrom(s.addr, max(s.rtcp.Port(), s.port+1))
		}
	}
	if len(sections) == 0 {
		return nil, errors.New("offer has no media")
	}
	return sections, nil
}

// connection is the address of "IN IP4 192.0.2.1".
func connection(value string) netip.Addr {
	fields := strings.Fields(value)
	if len(fields) < 3 {
		return netip.Addr{}
	}
	host, _, _ := strings.Cut(fields[2], "/")
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return addr
}

func parseMedia(value string) (*section, error) {
	fields := strings.Fields(value)
	if len(fields) < 4 {
		return nil, fmt.Errorf("media line %.80q is cut short", value)
	}
	port, err := strconv.ParseUint(fields[1], 10, 16)
	if err != nil {
		return nil, fmt.Errorf("port in media line: %w", err)
	}
	return &section{
		kind: fields[0], port: uint16(port), profile: fields[2], payloads: fields[3:],
		rtpmap: map[string]string{"0": "PCMU/8000", "8": "PCMA/8000"}, fmtp: map[string]string{},
	}, nil
}

func (s *section) attribute(value string) {
	name, value, _ := strings.Cut(value, ":")
	payload, rest, _ := strings.Cut(value, " ")
	switch name {
	case "sendrecv", "sendonly", "recvonly", "inactive":
		s.direction = name
	case "rtpmap":
		if s.rtpmap != nil {
			s.rtpmap[payload] = strings.ToUpper(rest)
		}
	case "fmtp":
		if s.fmtp != nil {
			s.fmtp[payload] = rest
		}
	case "rtcp": // RFC 3605
		if port, err := strconv.ParseUint(payload, 10, 16); err == nil {
			addr := s.addr
			if other := connection(rest); other.IsValid() {
				addr = other
			}
			s.rtcp = netip.AddrPortFrom(addr, uint16(port))
		}
	}
}

// find is the first payload type offered whose encoding begins with name and that suits, or nothing.
func (s *section) find(name string, suits func(fmtp string) bool) string {
	i := slices.IndexFunc(s.payloads, func(p string) bool {
		return strings.HasPrefix(s.rtpmap[p], name) && suits(s.fmtp[p])
	})
	if i < 0 {
		return ""
	}
	return s.payloads[i]
}

func always(string) bool { return true }

// reverse is the direction that answers an offered one.
func reverse(direction string) string {
	switch direction {
	case "sendonly":
		return "recvonly"
	case "recvonly":
		return "sendonly"
	}
	return direction
}
