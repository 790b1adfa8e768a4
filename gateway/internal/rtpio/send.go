package rtpio

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"

	"callcast/gateway/internal/clock"
)

// ErrNoRemote is returned while it is not known where to send.
var ErrNoRemote = errors.New("no remote address for media")

// maxSend bounds a packet that is sent: it fits an Ethernet frame.
const maxSend = 1500

// senderLife is how long after the latest packet the session still reports as a sender.
const senderLife = 10 * time.Second

// sender counts what we send, for sender reports.
type sender struct {
	rate    int // of the RTP clock, 0 if not known
	packets uint32
	octets  uint32
	stamp   uint32
	at      time.Time
}

// SetSendClock sets the rate of the RTP clock of what is sent. Without it the sender reports have the stamp of the
// latest packet.
func (s *Session) SetSendClock(rate int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sender.rate = rate
}

// Send sends a packet with our SSRC in place of the packet's. The packet is not changed.
func (s *Session) Send(pkt *rtp.Packet) error {
	header := pkt.Header
	header.Version, header.SSRC = rtpVersion, s.ssrc
	header.Padding = false // the payload is sent as it is
	var buffer [maxSend]byte
	n, err := header.MarshalTo(buffer[:])
	if err != nil {
		return fmt.Errorf("marshal rtp: %w", err)
	}
	if n+len(pkt.Payload) > maxSend {
		return fmt.Errorf("send rtp: packet of %d bytes is too large", n+len(pkt.Payload))
	}
	n += copy(buffer[n:], pkt.Payload)

	wire, remote, err := s.outgoing(buffer[:n], pkt.SequenceNumber)
	if err != nil {
		return err
	}
	if _, err := s.conn.rtp.WriteToUDPAddrPort(wire, remote); err != nil {
		return fmt.Errorf("send rtp: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sender.count(pkt, time.Now())
	return nil
}

// outgoing is a packet as it goes out, and where to.
func (s *Session) outgoing(plain []byte, number uint16) (wire []byte, remote netip.AddrPort, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if remote = s.latch.remote(); !remote.IsValid() {
		return nil, remote, ErrNoRemote
	}
	if wire, err = s.guard.seal(plain); err != nil {
		return nil, remote, fmt.Errorf("encrypt rtp: %w", err)
	}
	if s.resend && s.feedback.NACK {
		s.kept.add(number, wire, time.Now())
	}
	return wire, remote, nil
}

func (s *sender) count(pkt *rtp.Packet, now time.Time) {
	s.packets++
	s.octets += uint32(len(pkt.Payload))
	s.stamp, s.at = pkt.Timestamp, now
}

func (s *sender) active(now time.Time) bool { return s.packets > 0 && now.Sub(s.at) < senderLife }

// report returns a sender report without reception blocks (RFC 3550 section 6.4.1). Its stamp is that of a sample taken
// now.
func (s *sender) report(ssrc uint32, now time.Time) *rtcp.SenderReport {
	return &rtcp.SenderReport{
		SSRC:        ssrc,
		NTPTime:     clock.NTP(now),
		RTPTime:     s.stamp + uint32(clock.Ticks(now.Sub(s.at), s.rate)),
		PacketCount: s.packets,
		OctetCount:  s.octets,
	}
}
