package rtpio

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const host = "127.0.0.1"

// openRange returns a pool of n pairs that were free a moment ago, so that no port number stands in a test.
func openRange(t *testing.T, n int, rest time.Duration) (pool *Pool, first int) {
	t.Helper()
	for range 100 {
		probe, err := NewPool(host, 0, 0, 0).Open()
		require.NoError(t, err)
		first = probe.RTPPort()
		probe.Close()
		if free(first, 2*n) {
			return NewPool(host, first, first+2*n-1, rest), first
		}
	}
	t.Fatal("no free range of ports")
	return nil, 0
}

func free(first, n int) bool {
	for i := range n {
		conn, err := listen(host, first+i)
		if err != nil {
			return false
		}
		_ = conn.Close()
	}
	return true
}

func TestPoolHandsOutEvenAndOdd(t *testing.T) {
	any := NewPool(host, 0, 0, time.Minute)
	ranged, _ := openRange(t, 4, time.Minute)
	for _, pool := range []*Pool{any, ranged} {
		for range 4 {
			conn, err := pool.Open()
			require.NoError(t, err)
			defer conn.Close()
			require.Zero(t, conn.RTPPort()%2)
			require.Equal(t, conn.RTPPort()+1, conn.RTCPPort())
		}
	}
	_, err := ranged.Open()
	require.ErrorIs(t, err, ErrNoPorts)
}

func TestPoolKeepsWithinItsRange(t *testing.T) {
	for _, c := range []struct {
		min, max, first, pairs int
	}{
		{10000, 10003, 10000, 2},
		{10001, 10004, 10002, 1},
		{10000, 10000, 10000, 0},
		{10001, 10002, 10002, 0},
		{10000, 10004, 10000, 2},
	} {
		pool := NewPool(host, c.min, c.max, 0)
		require.Equal(t, c.first, pool.first)
		require.Equal(t, c.pairs, pool.pairs)
	}
	_, err := NewPool(host, 10000, 10000, 0).Open()
	require.ErrorIs(t, err, ErrNoPorts)
}

func TestClosedPortsRest(t *testing.T) {
	pool, first := openRange(t, 2, time.Minute)
	now := time.Unix(1000, 0)
	pool.now = func() time.Time { return now }

	one, err := pool.Open()
	require.NoError(t, err)
	require.Equal(t, first, one.RTPPort())
	one.Close()
	one.Close()
	two, err := pool.Open()
	require.NoError(t, err)
	defer two.Close()
	require.Equal(t, first+2, two.RTPPort())
	_, err = pool.Open()
	require.ErrorIs(t, err, ErrNoPorts)

	now = now.Add(time.Minute)
	again, err := pool.Open()
	require.NoError(t, err)
	defer again.Close()
	require.Equal(t, first, again.RTPPort())
}

func TestPoolSkipsWhatOthersUse(t *testing.T) {
	for _, taken := range []int{0, 1} { // the even port, the odd one
		pool, first := openRange(t, 2, time.Minute)
		other, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host), Port: first + taken})
		require.NoError(t, err)
		conn, err := pool.Open()
		require.NoError(t, err)
		require.Equal(t, first+2, conn.RTPPort())
		conn.Close()
		require.NoError(t, other.Close())
		conn, err = pool.Open()
		require.NoError(t, err, "free now, and it need not rest")
		require.Equal(t, first, conn.RTPPort())
		conn.Close()
	}
}

func TestClosedPoolOpensNothing(t *testing.T) {
	for _, pool := range []*Pool{NewPool(host, 0, 0, 0), NewPool(host, 20000, 20100, 0)} {
		pool.Close()
		_, err := pool.Open()
		require.ErrorIs(t, err, net.ErrClosed)
	}
}

func TestHostThatIsNotOurs(t *testing.T) {
	for _, pool := range []*Pool{NewPool("192.0.2.1", 0, 0, 0), NewPool("192.0.2.1", 20000, 20003, 0)} {
		_, err := pool.Open()
		require.ErrorContains(t, err, "open media port")
	}
}
