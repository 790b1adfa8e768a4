package rtmp

import (
	"errors"
	"time"

	gomessage "github.com/yutopp/go-rtmp/message"
)

// Publisher is an accepted publish. One goroutine writes; the other methods are safe for concurrent use.
type Publisher struct {
	conn     *conn
	target   Target
	flashVer string
	timeouts Timeouts
	stream   uint32 // message stream id
	done     chan struct{}
}

func newPublisher(c *conn, target Target, opts Options) *Publisher {
	flashVer := opts.FlashVer
	if flashVer == "" {
		flashVer = defaultFlashVer
	}
	return &Publisher{conn: c, target: target, flashVer: flashVer, timeouts: opts.Timeouts, done: make(chan struct{})}
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
			if err := refusal(parseCommand(m)); err != nil {
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

// Done is closed when the connection is over.
func (p *Publisher) Done() <-chan struct{} { return p.done }

// Err is why the connection is over, nil while it stands.
func (p *Publisher) Err() error { return p.conn.err() }

// BytesSent is what the socket has taken.
func (p *Publisher) BytesSent() uint64 { return p.conn.sent.Load() }

// Close unpublishes, if the connection still stands, and closes. It waits for the publisher's goroutines. The
// goroutine that writes calls it.
func (p *Publisher) Close() {
	p.conn.finish(p.timeouts.Close, func() error {
		return errors.Join(
			p.conn.command(0, "FCUnpublish", 0, &gomessage.NetStreamFCUnpublish{StreamName: p.target.Name}),
			p.conn.command(0, "deleteStream", 0, &gomessage.NetStreamDeleteStream{StreamID: p.stream}))
	})
	<-p.done
}
