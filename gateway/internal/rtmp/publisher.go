package rtmp

import (
	"context"
	"errors"
	"fmt"
	"time"

	gomessage "github.com/yutopp/go-rtmp/message"
)

// Publisher is an accepted publish. One goroutine writes; the other methods are safe for concurrent use.
type Publisher struct {
	*client
	done chan struct{}
}

// Dial connects to a server and publishes. It returns once the server said that publishing started, or said nothing
// against it for Timeouts.Publish. A server's no is a *Refusal.
func Dial(ctx context.Context, target Target, opts Options) (*Publisher, error) {
	c, err := dial(ctx, target, opts, (*client).publish)
	if err != nil {
		return nil, err
	}
	p := &Publisher{client: c, done: make(chan struct{})}
	p.start()
	return p, nil
}

// publish runs the commands that lead to publishing, in the order encoders send them. FCPublish and releaseStream are
// not in the specification; some servers expect them and the others ignore them.
func (c *client) publish() error {
	if err := c.connect(); err != nil {
		return err
	}
	name := c.target.Name
	if err := errors.Join(
		c.conn.command(0, "releaseStream", txRelease, &gomessage.NetConnectionReleaseStream{StreamName: name}),
		c.conn.command(0, "FCPublish", txFCPublish, &gomessage.NetStreamFCPublish{StreamName: name}),
		c.create(),
	); err != nil {
		return err
	}
	publish := &gomessage.NetStreamPublish{PublishingName: name, PublishingType: "live"}
	if err := c.conn.command(c.stream, "publish", txStream, publish); err != nil {
		return err
	}
	if err := c.accepted("NetStream.Publish.Start"); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// start listens to the server for the rest of the connection's life; Close joins it.
func (p *Publisher) start() {
	_ = p.conn.nc.SetReadDeadline(time.Time{}) // an error shows in the next read
	go func() {
		defer close(p.done)
		for {
			m, err := p.conn.read()
			if err != nil {
				return
			}
			if _, err := p.hear(m); err != nil {
				_ = p.conn.fail(err)
				return
			}
		}
	}()
}

// WriteTag sends a tag. An error, which may stem from an earlier write or from the server, is final.
//
// Timestamps must not step back within a kind: go-rtmp writes deltas.
func (p *Publisher) WriteTag(t Tag) error { return p.conn.tag(p.stream, t) }

// WriteMetadata tells the server what it gets. It may be told again.
func (p *Publisher) WriteMetadata(m Metadata) error {
	return p.conn.data(p.stream, "@setDataFrame", "onMetaData", m.array())
}

// Hurry gives what is left to be written Timeouts.Drain: a server that takes little at a time never stalls a single write.
// Close follows.
func (p *Publisher) Hurry() { p.conn.hurry(p.opts.Timeouts.Drain) }

// Done is closed when the connection is over.
func (p *Publisher) Done() <-chan struct{} { return p.done }

// Err is why the connection is over, nil while it stands.
func (p *Publisher) Err() error { return p.conn.err() }

// BytesSent is what the socket has taken.
func (p *Publisher) BytesSent() uint64 { return p.conn.sent.Load() }

// Close unpublishes, if the connection still stands, and closes. It waits for the publisher's goroutines. The
// goroutine that writes calls it.
func (p *Publisher) Close() {
	p.conn.finish(p.opts.Timeouts.Close, func() error {
		return errors.Join(
			p.conn.command(0, "FCUnpublish", 0, &gomessage.NetStreamFCUnpublish{StreamName: p.target.Name}),
			p.conn.command(0, "deleteStream", 0, &gomessage.NetStreamDeleteStream{StreamID: p.stream}))
	})
	<-p.done
}
