package websdk

import (
	"context"
	"crypto/tls"
	"net"
	"sync/atomic"
)

// door is a listener whose connections are counted as refused if they end without a request that could be read.
type door struct {
	net.Listener
	refused *atomic.Uint64
}

func (d door) Accept() (net.Conn, error) {
	c, err := d.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &visitor{Conn: c, refused: d.refused}, nil
}

// visitor is a connection that came through the door.
type visitor struct {
	net.Conn
	refused *atomic.Uint64
	spoke   atomic.Bool // a request of it was read
	closed  atomic.Bool
}

func (v *visitor) Close() error {
	if !v.closed.Swap(true) && !v.spoke.Load() {
		v.refused.Add(1)
	}
	return v.Conn.Close()
}

type visitorKey struct{}

// noteVisitor lets a request's context lead to its connection.
func noteVisitor(ctx context.Context, c net.Conn) context.Context {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	return context.WithValue(ctx, visitorKey{}, c)
}

// visitorOf is the connection of a request, all of which came through a door.
func visitorOf(ctx context.Context) *visitor { return ctx.Value(visitorKey{}).(*visitor) }
