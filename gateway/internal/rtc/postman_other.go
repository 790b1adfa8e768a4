//go:build !linux

package rtc

import "net"

// postman sends batches, packet by packet.
type postman struct{ conn *net.UDPConn }

func newPostman(conn *net.UDPConn) *postman { return &postman{conn} }

// send sends a batch and returns how many packets the system refused.
func (m *postman) send(b *batch) (refused int) {
	for i := range b.parcels {
		refused += sendSingly(m.conn, b, &b.parcels[i])
	}
	return refused
}
