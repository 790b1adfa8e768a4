package rtpio

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"sync"
)

// receiveBuffer holds a second of video while the machine is busy. The system may grant less.
const receiveBuffer = 1 << 20

// Conn is a pair of UDP ports: an even one for RTP, the next for RTCP.
type Conn struct {
	rtp, rtcp *net.UDPConn
	mirrored  mirrored
	release   func()
	closing   sync.Once
}

// RTPPort is the number of the RTP port.
func (c *Conn) RTPPort() int { return port(c.rtp) }

// RTCPPort is the number of the RTCP port.
func (c *Conn) RTCPPort() int { return port(c.rtcp) }

// Close closes both ports and lets them rest. It may be called more than once.
func (c *Conn) Close() {
	c.closing.Do(func() {
		_ = c.rtp.Close()
		_ = c.rtcp.Close()
		c.release()
	})
}

func port(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// listenPair opens the even port and the next.
func listenPair(host string, even int) (*Conn, error) {
	rtp, err := listen(host, even)
	if err != nil {
		return nil, err
	}
	rtcp, err := listen(host, even+1)
	if err != nil {
		return nil, errors.Join(err, rtp.Close())
	}
	return &Conn{rtp: rtp, rtcp: rtcp}, nil
}

// errNoNeighbour is returned by listenAny if the other half of the pair is taken. Another try may have more luck.
var errNoNeighbour = errors.New("neighbouring port is taken")

// listenAny opens a port of the system's choice and completes the pair.
func listenAny(host string) (*Conn, error) {
	first, err := listen(host, 0)
	if err != nil {
		return nil, err
	}
	number := port(first)
	second, err := listen(host, number^1)
	if err != nil {
		return nil, errors.Join(errNoNeighbour, err, first.Close())
	}
	if number%2 == 0 {
		return &Conn{rtp: first, rtcp: second}, nil
	}
	return &Conn{rtp: second, rtcp: first}, nil
}

func listen(host string, number int) (*net.UDPConn, error) {
	address, err := net.ResolveUDPAddr("udp", net.JoinHostPort(host, strconv.Itoa(number)))
	if err != nil {
		return nil, fmt.Errorf("resolve media host: %w", err)
	}
	conn, err := net.ListenUDP("udp", address)
	if err != nil {
		return nil, fmt.Errorf("open media port: %w", err)
	}
	if err := conn.SetReadBuffer(receiveBuffer); err != nil {
		return nil, errors.Join(fmt.Errorf("size media buffer: %w", err), conn.Close())
	}
	return conn, nil
}

// plain removes what makes two spellings of one address differ.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}
