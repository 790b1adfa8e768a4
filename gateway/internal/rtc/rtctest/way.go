package rtctest

import (
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// way is a port that nothing leaves any more once it is cut.
type way struct {
	net.PacketConn
	cut atomic.Bool
}

func newWay(t testing.TB) *way {
	t.Helper()
	conn, err := (&net.ListenConfig{}).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
	require.NoError(t, err)
	return &way{PacketConn: conn}
}

func (w *way) WriteTo(b []byte, to net.Addr) (int, error) {
	if w.cut.Load() {
		return len(b), nil
	}
	return w.PacketConn.WriteTo(b, to)
}
