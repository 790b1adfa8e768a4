package rtc

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// mailbox receives packets.
func mailbox(t *testing.T) (*net.UDPConn, netip.AddrPort) {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return conn, conn.LocalAddr().(*net.UDPAddr).AddrPort()
}

// openOutbox makes an outbox on every address, as it is by default.
func openOutbox(t *testing.T) *outbox {
	t.Helper()
	conn, err := net.ListenUDP("udp", nil)
	require.NoError(t, err)
	o := newOutbox(conn)
	t.Cleanup(func() { _ = o.Close() })
	return o
}

// letterTo is the nth packet of many: mostly long ones, as those of a picture.
func letterTo(to string, n int) []byte {
	text := fmt.Sprintf("%s %d ", to, n)
	size := 1176
	if n%3 == 2 {
		size = 100 + n
	}
	return append([]byte(text), make([]byte, size-len(text))...)
}

func expect(t *testing.T, from *net.UDPConn, want []byte) {
	t.Helper()
	got := make([]byte, 2000)
	require.NoError(t, from.SetReadDeadline(time.Now().Add(10*time.Second)))
	n, err := from.Read(got)
	require.NoError(t, err)
	require.Equal(t, want, got[:n])
}

// TestEachGetsItsPacketsInOrder while others are sent theirs at the same time. Each waits for its packets after a few,
// fewer than fit into its socket.
func TestEachGetsItsPacketsInOrder(t *testing.T) {
	o := openOutbox(t)
	var all sync.WaitGroup
	for i := range 8 {
		conn, to := mailbox(t)
		name := fmt.Sprint("mailbox ", i)
		all.Go(func() {
			for round := range 20 {
				for n := range 12 {
					_, err := o.WriteToAddrPort(letterTo(name, 12*round+n), to)
					require.NoError(t, err)
				}
				for n := range 12 {
					expect(t, conn, letterTo(name, 12*round+n))
				}
			}
		})
	}
	all.Wait()
	require.Zero(t, o.unsent.Load())
}

// TestWhatIsInTheBoxIsSentBeforeThePortCloses, and nothing is taken afterwards.
func TestWhatIsInTheBoxIsSentBeforeThePortCloses(t *testing.T) {
	o := openOutbox(t)
	conn, to := mailbox(t)
	for n := range 20 {
		_, err := o.WriteTo(letterTo("last", n), net.UDPAddrFromAddrPort(to))
		require.NoError(t, err)
	}
	require.NoError(t, o.Close())
	for n := range 20 {
		expect(t, conn, letterTo("last", n))
	}
	_, err := o.WriteToAddrPort([]byte{1}, to)
	require.ErrorIs(t, err, net.ErrClosed)
}

// TestRefusedPacketIsCountedAndHarmsNobody: one is longer than any datagram.
func TestRefusedPacketIsCountedAndHarmsNobody(t *testing.T) {
	o := openOutbox(t)
	conn, to := mailbox(t)
	for _, packet := range [][]byte{letterTo("before", 0), make([]byte, 1<<16), letterTo("after", 1)} {
		_, err := o.WriteToAddrPort(packet, to)
		require.NoError(t, err)
	}
	expect(t, conn, letterTo("before", 0))
	expect(t, conn, letterTo("after", 1))
	require.NoError(t, o.Close()) // it has counted then
	require.EqualValues(t, 1, o.unsent.Load())
}

// TestDeadlinesOfOneDoNotStopOthers: ice sets one in the past to hurry a browser that leaves.
func TestDeadlinesOfOneDoNotStopOthers(t *testing.T) {
	o := openOutbox(t)
	conn, to := mailbox(t)
	require.NoError(t, o.SetWriteDeadline(time.Unix(1, 0)))
	_, err := o.WriteToAddrPort(letterTo("in time", 0), to)
	require.NoError(t, err)
	expect(t, conn, letterTo("in time", 0))
}

// TestWhoFindsTheBoxFullWaits until it is emptied.
func TestWhoFindsTheBoxFullWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{wake: make(chan struct{}, 1)} // nobody empties it
		o.room.L = &o.mu
		for !o.waiting.full() {
			_, err := o.WriteToAddrPort(make([]byte, 1200), ann)
			require.NoError(t, err)
		}
		taken := false
		go func() {
			_, err := o.WriteToAddrPort([]byte("late"), ann)
			taken = err == nil
		}()
		synctest.Wait()
		require.False(t, taken)
		_, _ = o.take(batch{})
		synctest.Wait()
		require.True(t, taken)
		require.Equal(t, "late", string(o.waiting.bytes))
	})
}
