package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	gomessage "github.com/yutopp/go-rtmp/message"
)

// Player is an accepted play. One goroutine reads and closes; Cut may be called from any.
type Player struct{ *client }

// DialPlay connects to a server and plays. It returns once the server said that playing started, sent media, or said
// nothing against it for Timeouts.Publish. A server's no is a *Refusal.
func DialPlay(ctx context.Context, target Target, opts Options) (*Player, error) {
	c, err := dial(ctx, target, opts, (*client).play)
	if err != nil {
		return nil, err
	}
	return &Player{c}, nil
}

// buffer is what a server is told that we hold: a live stream is to come without delay.
const buffer = 100 * time.Millisecond

// play runs the commands that lead to playing.
func (c *client) play() error {
	if err := c.connect(); err != nil {
		return err
	}
	if err := c.create(); err != nil {
		return err
	}
	length := &gomessage.UserCtrlEventSetBufferLength{StreamID: c.stream, LengthMs: uint32(buffer.Milliseconds())}
	if err := errors.Join(
		c.conn.command(c.stream, "play", txStream, playLive(c.target.Name)),
		c.conn.write(chunkControl, 0, 0, &gomessage.UserCtrl{Event: length}),
	); err != nil {
		return err
	}
	if err := c.accepted("NetStream.Play.Start"); err != nil {
		return fmt.Errorf("play: %w", err)
	}
	return nil
}

// playLive is the command that plays what is published under a name, live if it is and recorded if not (7.2.2.1).
type playLive string

// FromArgs is of no use here: commands are not read with go-rtmp.
func (playLive) FromArgs(...any) error { return errors.ErrUnsupported }

// ToArgs is the command object, the name, and -2 for live or recorded.
func (p playLive) ToArgs(gomessage.EncodingType) ([]any, error) {
	return []any{nil, string(p), -2}, nil
}

// ReadTag waits for the next tag, for at most idle. It returns io.EOF when the server says that the stream is over;
// any other error is final too.
func (p *Player) ReadTag(idle time.Duration) (Tag, error) {
	if m := p.early; m != nil {
		p.early = nil
		return m.tag(), nil
	}
	return p.conn.readTag(idle, func(m message) error {
		cmd, err := p.hear(m)
		if err != nil {
			return p.conn.fail(err)
		}
		switch cmd.status().code {
		case "NetStream.Play.UnpublishNotify", "NetStream.Play.Stop":
			return io.EOF
		}
		return nil
	})
}

// Cut ends the connection at once, from any goroutine. Close follows.
func (p *Player) Cut() { _ = p.conn.fail(ErrClosed) }

// Close says goodbye, if the connection still stands, and closes.
func (p *Player) Close() {
	p.conn.finish(p.opts.Timeouts.Close, func() error {
		return p.conn.command(0, "deleteStream", 0, &gomessage.NetStreamDeleteStream{StreamID: p.stream})
	})
}
