package rest

import (
	"context"
	"net"
	"net/http"
	"sync/atomic"
)

// garbage counts connections that ended without one request that could be read.
type garbage struct{ count atomic.Uint64 }

// spoke is a connection's note that a request of it was read.
type spoke struct{ atomic.Bool }

type spokeKey struct{}

// noteConn gives each connection its note.
func (g *garbage) noteConn(ctx context.Context, c net.Conn) context.Context {
	if w, ok := c.(*watchedConn); ok {
		return context.WithValue(ctx, spokeKey{}, &w.spoke)
	}
	return ctx
}

// note marks the connections of requests that are served.
func (g *garbage) note(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s, ok := r.Context().Value(spokeKey{}).(*spoke); ok {
			s.Store(true)
		}
		next.ServeHTTP(w, r)
	})
}

// watched is a listener whose connections are counted if they end without having been served.
type watched struct {
	net.Listener
	garbage *garbage
}

func (l watched) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &watchedConn{Conn: c, garbage: l.garbage}, nil
}

type watchedConn struct {
	net.Conn
	garbage *garbage
	spoke   spoke
	closed  atomic.Bool
}

func (c *watchedConn) Close() error {
	if !c.closed.Swap(true) && !c.spoke.Load() {
		c.garbage.count.Add(1)
	}
	return c.Conn.Close()
}
