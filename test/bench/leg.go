package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"syscall"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// leg is one RTP stream that is sent. What comes back is not read here: the kernel drops it.
type leg struct {
	rtp, rtcp *net.UDPConn
	to        int // port
	clock     uint32
	kind      uint8

	ssrc, base      uint32
	seq             uint16
	packets, octets uint32
	buffer          []byte
}

func newLeg(clock uint32) (*leg, error) {
	media, err := net.ListenUDP("udp", loopback(0))
	if err != nil {
		return nil, err
	}
	control, err := net.ListenUDP("udp", loopback(0))
	if err != nil {
		_ = media.Close()
		return nil, err
	}
	const mtu = 1500
	return &leg{
		rtp: media, rtcp: control, clock: clock,
		ssrc: rand.Uint32(), base: rand.Uint32(), seq: uint16(rand.Uint32()), buffer: make([]byte, mtu),
	}, nil
}

func (l *leg) aim(port int, payloadType uint8) { l.to, l.kind = port, payloadType }

// ports are where answers are taken, for an SDP.
func (l *leg) ports() (media, control int) {
	return l.rtp.LocalAddr().(*net.UDPAddr).Port, l.rtcp.LocalAddr().(*net.UDPAddr).Port
}

// send sends payloads that share a timestamp. The last one bears the marker; last is the moment before it leaves.
func (l *leg) send(at time.Duration, payloads ...[]byte) (last time.Time, err error) {
	for i, payload := range payloads {
		header := rtp.Header{
			Version: 2, Marker: i == len(payloads)-1, PayloadType: l.kind,
			SequenceNumber: l.seq, Timestamp: l.timestamp(at), SSRC: l.ssrc,
		}
		n, err := header.MarshalTo(l.buffer)
		if err != nil {
			return last, fmt.Errorf("write rtp header: %w", err)
		}
		n += copy(l.buffer[n:], payload)
		last = time.Now()
		if _, err := l.rtp.WriteToUDP(l.buffer[:n], loopback(l.to)); err != nil && !refused(err) {
			return last, fmt.Errorf("send rtp: %w", err)
		}
		l.seq++
		l.packets++
		l.octets += uint32(len(payload))
	}
	return last, nil
}

// report sends a sender report (RFC 3550 section 6.4.1).
func (l *leg) report(at time.Duration, now time.Time) error {
	const since1900 = 2208988800
	raw, err := rtcp.Marshal([]rtcp.Packet{
		&rtcp.SenderReport{
			SSRC: l.ssrc, RTPTime: l.timestamp(at), PacketCount: l.packets, OctetCount: l.octets,
			NTPTime: uint64(now.Unix()+since1900)<<32 | uint64(now.Nanosecond())<<32/uint64(time.Second),
		},
		rtcp.NewCNAMESourceDescription(l.ssrc, "bench"),
	})
	if err != nil {
		return fmt.Errorf("write sender report: %w", err)
	}
	if _, err := l.rtcp.WriteToUDP(raw, loopback(l.to+1)); err != nil && !refused(err) {
		return fmt.Errorf("send rtcp: %w", err)
	}
	return nil
}

func (l *leg) timestamp(at time.Duration) uint32 {
	return l.base + uint32(at.Milliseconds()*int64(l.clock)/1000)
}

// refused reports whether the receiver is gone, which is how calls end.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

func (l *leg) close() {
	_ = l.rtp.Close()
	_ = l.rtcp.Close()
}
