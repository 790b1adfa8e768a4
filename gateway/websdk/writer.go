package websdk

import (
	"context"
	"time"

	"github.com/coder/websocket"
)

// write writes what is queued and pings, until the socket is cut or it is time to say goodbye.
func (k *socket) write(ctx context.Context) {
	defer k.cut()
	tick := time.NewTicker(k.server.limits.ping)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.server.closing:
			k.goodbye(ctx, stopping())
			return
		case e := <-k.over:
			k.goodbye(ctx, e)
			return
		case <-k.out.wake:
			if k.flush(ctx) != nil {
				return
			}
		case <-tick.C:
			if k.silent() {
				return
			}
			k.send("ping", nil)
		}
	}
}

func (k *socket) flush(ctx context.Context) error {
	for _, frame := range k.out.take() {
		if err := k.writeFrame(ctx, frame); err != nil {
			return err
		}
	}
	return nil
}

func (k *socket) writeFrame(ctx context.Context, frame []byte) error {
	ctx, done := context.WithTimeout(ctx, k.server.limits.write)
	defer done()
	return k.conn.Write(ctx, websocket.MessageText, frame)
}

// goodbye closes the socket as the protocol wants it. The library skips the rest of a message that it has read halfway
// without a limit of time, so the connection is given one; it ends at once if the socket is cut.
func (k *socket) goodbye(ctx context.Context, e ending) {
	_ = k.visitor.SetDeadline(time.Now().Add(k.server.limits.goodbye)) // it fails only if the connection is closed
	stop := context.AfterFunc(ctx, func() { _ = k.visitor.SetDeadline(time.Now()) })
	defer stop()
	if k.flush(ctx) == nil {
		_ = k.conn.Close(e.code, e.reason) // whatever it says, the socket is closed
	}
}
