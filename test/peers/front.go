package peers

import (
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Front passes TCP connections on, until it cuts them.
type Front struct {
	Address string // host:port

	mu    sync.Mutex // guards what follows
	conns []net.Conn
}

// StartFront starts a front before a backend.
func StartFront(t testing.TB, backend string) *Front {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	f := &Front{Address: l.Addr().String()}
	var tasks sync.WaitGroup
	tasks.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			f.mu.Lock()
			f.conns = append(f.conns, c)
			f.mu.Unlock()
			tasks.Go(func() { pass(c, backend) })
		}
	})
	t.Cleanup(func() {
		require.NoError(t, l.Close())
		f.Cut()
		tasks.Wait()
	})
	return f
}

// Cut ends the connections that there are, as a network does that fails: without a word of what they carry.
func (f *Front) Cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		_ = c.Close()
	}
	f.conns = nil
}
