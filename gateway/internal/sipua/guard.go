package sipua

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// maxReadErrors is how many reads in a row may fail before a UDP socket is given up.
const maxReadErrors = 100

// datagrams is the UDP socket as sipgo sees it: what is not SIP is counted and dropped before sipgo, which would log
// it, remember its sender, and die with the process if its parser panicked.
type datagrams struct {
	net.PacketConn
	parser  *sip.Parser
	garbage *atomic.Uint64
	stun    func([]byte) bool // takes what is not SIP but STUN
	serving chan struct{}     // closed when sipgo reads, which is when it can send as well
	once    sync.Once
	trace   Tracer
}

func newDatagrams(c net.PacketConn, p *sip.Parser, garbage *atomic.Uint64, stun func([]byte) bool) *datagrams {
	return &datagrams{PacketConn: c, parser: p, garbage: garbage, stun: stun, serving: make(chan struct{})}
}

// ReadFrom returns the next datagram that holds SIP. Errors of single reads are passed over: some systems report the
// ICMP answer to an earlier datagram this way, and sipgo would stop listening.
func (d *datagrams) ReadFrom(b []byte) (int, net.Addr, error) {
	d.once.Do(func() { close(d.serving) })
	for failures := 0; ; {
		n, from, err := d.PacketConn.ReadFrom(b)
		switch {
		case err == nil && acceptable(d.parser, b[:n]):
			d.trace.tell(false, gateway.TransportUDP, from, b[:n])
			return n, from, nil
		case err == nil && d.stun(b[:n]):
			failures = 0
		case err == nil:
			failures = 0
			d.garbage.Add(1)
		case errors.Is(err, net.ErrClosed) || failures >= maxReadErrors:
			return n, from, err
		default:
			failures++
		}
	}
}

// acceptable reports whether a datagram is a keep-alive or a whole SIP message.
func acceptable(p *sip.Parser, b []byte) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	if keepAlive(b) {
		return true
	}
	msg, err := p.ParseSIP(b)
	return err == nil && wellFormed(msg)
}

func keepAlive(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' {
			return false
		}
	}
	return len(b) <= 4
}
