package demophone

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// track is one kind of media of a call: its two sockets and the state of its RTP stream. The session's lock guards
// everything but the sockets.
type track struct {
	rtp, rtcp *net.UDPConn
	rate      uint32 // RTP clock

	chosen  chosen
	sending bool

	ssrc, base      uint32
	seq             uint16
	packets, octets uint32
	received        uint64
	buffer          []byte
}

// newTrack opens an even port and the odd one above it (RFC 3550 section 11).
func newTrack(addr netip.Addr, rate uint32) (*track, error) {
	t := &track{rate: rate, ssrc: rand.Uint32(), base: rand.Uint32(), seq: uint16(rand.Uint32()), buffer: make([]byte, 1500)}
	const attempts = 100
	for range attempts {
		media, err := listen(addr, 0)
		if err != nil {
			return nil, fmt.Errorf("open rtp: %w", err)
		}
		port := media.LocalAddr().(*net.UDPAddr).AddrPort().Port()
		if port%2 == 0 {
			if control, err := listen(addr, port+1); err == nil {
				t.rtp, t.rtcp = media, control
				return t, nil
			}
		}
		_ = media.Close()
	}
	return nil, fmt.Errorf("open rtp: no pair of ports free on %s", addr)
}

func listen(addr netip.Addr, port uint16) (*net.UDPConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(netip.AddrPortFrom(addr, port)))
}

func (t *track) port() uint16 { return t.rtp.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

func (t *track) close() {
	_ = t.rtp.Close()
	_ = t.rtcp.Close()
}

// use takes over what an offer came to.
func (t *track) use(c chosen) {
	t.chosen = c
	d := c.offer.direction
	t.sending = !c.refused && (d == "sendrecv" || d == "recvonly")
}

// send puts one payload on the wire; lost counts it as sent and does not.
func (t *track) send(payload []byte, at uint32, marker, lost bool) {
	h := rtp.Header{
		Version: 2, Marker: marker, PayloadType: t.chosen.payload,
		SequenceNumber: t.seq, Timestamp: t.base + at, SSRC: t.ssrc,
	}
	t.seq++
	t.packets++
	t.octets += uint32(len(payload))
	n, err := h.MarshalTo(t.buffer)
	if err != nil || lost {
		return
	}
	n += copy(t.buffer[n:], payload)
	// A peer that is gone shows as an error here; SIP decides when the call is over.
	_, _ = t.rtp.WriteToUDPAddrPort(t.buffer[:n], netip.AddrPortFrom(t.chosen.offer.addr, t.chosen.offer.port))
}

// report sends a sender report that ties now to the RTP clock (RFC 3550 section 6.4.1).
func (t *track) report(now time.Time, elapsed time.Duration) {
	raw, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{
			SSRC: t.ssrc, NTPTime: ntp(now), RTPTime: t.base + ticks(elapsed, t.rate),
			PacketCount: t.packets, OctetCount: t.octets,
		},
		rtcp.NewCNAMESourceDescription(t.ssrc, "callcast-demo"),
	})
	if err != nil {
		return
	}
	_, _ = t.rtcp.WriteToUDPAddrPort(raw, t.chosen.offer.rtcp)
}

// ticks is a duration on an RTP clock. Split so that days fit.
func ticks(d time.Duration, rate uint32) uint32 {
	seconds, rest := d/time.Second, d%time.Second
	return uint32(int64(seconds)*int64(rate) + int64(rest)*int64(rate)/int64(time.Second))
}

// ntp is a time as 32.32 bits since 1900.
func ntp(t time.Time) uint64 {
	const since1900 = 2208988800
	return uint64(t.Unix()+since1900)<<32 | uint64(t.Nanosecond())<<32/uint64(time.Second)
}
