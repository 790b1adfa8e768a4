package sipua

import (
	"bytes"
	"net"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// Tracer is told every message that crosses the network, as it is there, repeats included. It is not to wait for
// anything, nor to keep text.
type Tracer func(sent bool, transport gateway.Transport, remote string, text []byte)

func (t Tracer) tell(sent bool, transport gateway.Transport, remote net.Addr, text []byte) {
	if t != nil && !keepAlive(text) {
		t(sent, transport, remote.String(), text)
	}
}

// traced is a Tracer of streams.
type traced struct {
	Tracer
	transport gateway.Transport
}

// trace has the messages of all transports told.
func (a *Agent) trace() {
	t := a.params.Trace
	a.udp.trace = t
	a.tcp.trace = traced{t, gateway.TransportTCP}
	a.tls.trace = traced{t, gateway.TransportTLS}
}

// WriteTo sends a datagram. It is told before, so that no answer to it can be told earlier.
func (d *datagrams) WriteTo(b []byte, to net.Addr) (int, error) {
	d.trace.tell(true, gateway.TransportUDP, to, b)
	return d.PacketConn.WriteTo(b, to)
}

// Write sends a message; sipgo never sends a part of one.
func (g *streamGuard) Write(b []byte) (int, error) {
	g.owner.trace.tell(true, g.owner.trace.transport, g.RemoteAddr(), b)
	return g.Conn.Write(b)
}

// pieces are the bytes of a stream since the last whole message. They belong to the reader.
type pieces []byte

// traceWhole tells a message that the bytes of a stream turned out to be.
func (g *streamGuard) traceWhole(msg sip.Message) {
	if text := g.pieces.cut(len(msg.Body())); text != nil {
		g.owner.trace.tell(false, g.owner.trace.transport, g.RemoteAddr(), text)
	}
}

// gather keeps what was read until it is a whole message, if somebody wants to see it.
func (g *streamGuard) gather(b []byte) {
	if g.owner.trace.Tracer != nil {
		g.pieces = bytes.TrimLeft(append(g.pieces, b...), "\r\n") // keep-alives stand between messages
	}
}

// cut takes the oldest message, whose body is so long, off the pieces.
func (p *pieces) cut(body int) []byte {
	*p = bytes.TrimLeft(*p, "\r\n")
	head := bytes.Index(*p, []byte("\r\n\r\n"))
	end := head + 4 + body
	if head < 0 || end > len(*p) {
		return nil
	}
	text := (*p)[:end]
	*p = (*p)[end:]
	return text
}
