// Package stuntest is a STUN server for tests. It runs one goroutine, which the end of the test joins.
package stuntest

import (
	"encoding/binary"
	"net"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

const requestSize = 20

// Serve answers requests with what reply makes of them, and with nothing if that is nil. It returns its address.
func Serve(t testing.TB, reply func(request []byte, from netip.AddrPort) []byte) netip.AddrPort {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		b := make([]byte, 1500)
		for {
			n, from, err := conn.ReadFromUDPAddrPort(b)
			if err != nil {
				return
			}
			if answer := reply(b[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port())); n == requestSize && answer != nil {
				_, _ = conn.WriteToUDPAddrPort(answer, from)
			}
		}
	}()
	t.Cleanup(func() { _ = conn.Close(); <-done })
	return conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Answer tells who sent a request that they are at an IPv4 address.
func Answer(request []byte, at netip.AddrPort) []byte {
	answer := append([]byte{1, 1, 0, 12}, request[4:requestSize]...)
	answer = append(answer, 0, 0x20, 0, 8, 0, 1)
	answer = binary.BigEndian.AppendUint16(answer, at.Port()^0x2112)
	return binary.BigEndian.AppendUint32(answer, binary.BigEndian.Uint32(at.Addr().AsSlice())^0x2112a442)
}
