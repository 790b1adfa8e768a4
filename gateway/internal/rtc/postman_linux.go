package rtc

import (
	"encoding/binary"
	"net"
	"unsafe"

	"golang.org/x/net/ipv4"
	"golang.org/x/sys/unix"
)

// postman sends batches with sendmmsg(2), and each parcel as one message that the system cuts into packets
// (udp(7), UDP_SEGMENT).
type postman struct {
	conn     *net.UDPConn
	many     *ipv4.PacketConn // the same; takes IPv6 as well
	letters  []*letter        // made once
	messages []ipv4.Message   // of the letters
}

// letter is what the message of a parcel points to.
type letter struct {
	to      net.UDPAddr
	ip      [net.IPv6len]byte
	buffers [1][]byte
	cut     []byte // tells the system how long the packets are
}

func newPostman(conn *net.UDPConn) *postman {
	return &postman{conn: conn, many: ipv4.NewPacketConn(conn)}
}

func newLetter() *letter {
	l := &letter{cut: make([]byte, unix.CmsgSpace(2))}
	h := (*unix.Cmsghdr)(unsafe.Pointer(&l.cut[0])) // its layout differs between processors
	h.Level, h.Type = unix.SOL_UDP, unix.UDP_SEGMENT
	h.SetLen(unix.CmsgLen(2))
	return l
}

// message makes a message of a parcel.
func (l *letter) message(b *batch, p *parcel) ipv4.Message {
	address := p.to.Addr()
	if address.Is4() {
		ip := address.As4()
		l.to.IP = append(l.ip[:0], ip[:]...)
	} else {
		l.ip = address.As16()
		l.to.IP = l.ip[:]
	}
	l.to.Port, l.to.Zone = int(p.to.Port()), address.Zone()
	l.buffers[0] = b.of(p)
	m := ipv4.Message{Buffers: l.buffers[:], Addr: &l.to}
	if p.pieces() > 1 {
		binary.NativeEndian.PutUint16(l.cut[unix.CmsgLen(0):], uint16(p.size))
		m.OOB = l.cut
	}
	return m
}

// send sends a batch and returns how many packets the system refused.
func (m *postman) send(b *batch) (refused int) {
	m.messages = m.messages[:0]
	for i := range b.parcels {
		if i == len(m.letters) {
			m.letters = append(m.letters, newLetter())
		}
		m.messages = append(m.messages, m.letters[i].message(b, &b.parcels[i]))
	}
	for at := 0; at < len(m.messages); {
		n, err := m.many.WriteBatch(m.messages[at:], 0)
		at += max(n, 0)
		if err != nil && at < len(m.messages) {
			// Not every device and not every way takes a parcel whole.
			refused += sendSingly(m.conn, b, &b.parcels[at])
			at++
		}
	}
	return refused
}
