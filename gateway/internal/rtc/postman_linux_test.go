package rtc

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// TestParcelsThatTheSystemDoesNotCutAreSentPacketByPacket: it cuts none for a port that sends no checksums.
func TestParcelsThatTheSystemDoesNotCutAreSentPacketByPacket(t *testing.T) {
	o := openOutbox(t)
	raw, err := o.SyscallConn()
	require.NoError(t, err)
	var set error
	require.NoError(t, raw.Control(func(fd uintptr) {
		set = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_NO_CHECK, 1)
	}))
	require.NoError(t, set)
	conn, to := mailbox(t)
	post, b := newPostman(o.UDPConn), batch{}
	for n := range 9 {
		b.add(letterTo("uncut", n), to)
	}
	require.Len(t, b.parcels, 3)
	require.Zero(t, post.send(&b))
	for n := range 9 {
		expect(t, conn, letterTo("uncut", n))
	}
}
