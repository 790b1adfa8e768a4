package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/yutopp/go-rtmp/handshake"
	gomessage "github.com/yutopp/go-rtmp/message"
)

// Options says how to speak to a server.
type Options struct {
	FlashVer string      // how the client calls itself; "FMLE/3.0 (compatible; Callcast)" if empty
	TLS      *tls.Config // for rtmps; nil = the system's roots
	Timeouts Timeouts
}

// Timeouts bounds every wait on a server. A zero field has its default.
type Timeouts struct {
	Connect time.Duration // TCP and TLS
	Answer  time.Duration // the handshake, and each command
	Publish time.Duration // how long a server may keep silent about publish or play before that is taken for a yes
	Stall   time.Duration // a write without progress
	Drain   time.Duration // writing what is left, after Hurry
	Close   time.Duration // saying goodbye
}

func (t Timeouts) normal() Timeouts {
	for field, usual := range map[*time.Duration]time.Duration{
		&t.Connect: 3 * time.Second,
		&t.Answer:  5 * time.Second,
		&t.Publish: 3 * time.Second,
		&t.Stall:   5 * time.Second,
		&t.Drain:   2 * time.Second,
		&t.Close:   time.Second,
	} {
		if *field <= 0 {
			*field = usual
		}
	}
	return t
}

const defaultFlashVer = "FMLE/3.0 (compatible; Callcast)"

// Transactions of the commands that are answered, and of those whose answer nobody needs.
const (
	txConnect = iota + 1
	txRelease
	txFCPublish
	txCreate
	txStream // publish or play
)

// client is a connection to a server.
type client struct {
	conn   *conn
	target Target
	opts   Options
	stream uint32                 // message stream id
	early  *message               // media that came in place of an answer
	said   atomic.Pointer[status] // the server's latest
}

// dial connects to a server and runs the commands that lead to publishing or playing.
func dial(ctx context.Context, target Target, opts Options, negotiate func(*client) error) (*client, error) {
	opts.Timeouts = opts.Timeouts.normal()
	nc, err := dialSocket(ctx, target, opts)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", target.Address(), cause(ctx, err))
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	conn, err := shakeHands(nc, opts.Timeouts)
	if err != nil {
		stop()
		nc.Close()
		return nil, fmt.Errorf("rtmp handshake with %s: %w", target.Address(), cause(ctx, plain(err)))
	}
	c := &client{conn: conn, target: target, opts: opts}
	if err := negotiate(c); err != nil {
		stop()
		conn.close()
		return nil, cause(ctx, err)
	}
	if !stop() {
		conn.close()
		return nil, context.Cause(ctx)
	}
	return c, nil
}

// cause is why ctx ended if it did: what failed then failed because of it.
func cause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func dialSocket(ctx context.Context, target Target, opts Options) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, opts.Timeouts.Connect, errSilent)
	defer cancel()
	if !target.Secure {
		return (&net.Dialer{}).DialContext(ctx, "tcp", target.Address())
	}
	return (&tls.Dialer{Config: opts.TLS}).DialContext(ctx, "tcp", target.Address())
}

func shakeHands(nc net.Conn, timeouts Timeouts) (*conn, error) {
	if err := nc.SetDeadline(time.Now().Add(timeouts.Answer)); err != nil {
		return nil, err
	}
	// The echo is not verified: servers that speak the digest variant answer a plain client in their own way.
	if err := handshake.HandshakeWithServer(nc, nc, &handshake.Config{SkipHandshakeVerification: true}); err != nil {
		return nil, err
	}
	return newConn(nc, timeouts.Stall), nil
}

// connect opens the application.
func (c *client) connect() error {
	flashVer := c.opts.FlashVer
	if flashVer == "" {
		flashVer = defaultFlashVer
	}
	connect := &gomessage.NetConnectionConnect{Command: gomessage.NetConnectionConnectCommand{
		App: c.target.App, Type: "nonprivate", FlashVer: flashVer, TCURL: c.target.tcURL(),
	}}
	if err := errors.Join(c.conn.announce(), c.conn.command(0, "connect", txConnect, connect)); err != nil {
		return err
	}
	if _, err := c.result(txConnect); err != nil {
		return fmt.Errorf("open application %q: %w", c.target.App, err)
	}
	return nil
}

// create makes the message stream.
func (c *client) create() error {
	if err := c.conn.command(0, "createStream", txCreate, &gomessage.NetConnectionCreateStream{}); err != nil {
		return err
	}
	created, err := c.result(txCreate)
	if err != nil {
		return fmt.Errorf("create stream: %w", err)
	}
	id, _ := created.number(1)
	c.stream = uint32(id)
	return nil
}

// hear reads what may be a command. A server's no is an error.
func (c *client) hear(m message) (command, error) {
	if m.kind != typeCommandAMF0 && m.kind != typeCommandAMF3 {
		return command{}, nil
	}
	cmd := parseCommand(m)
	if s := cmd.status(); s.code != "" {
		c.said.Store(&s)
	}
	return cmd, refusal(cmd)
}

// Said is the server's latest status: its code and its words.
func (c *client) Said() string {
	s := c.said.Load()
	switch {
	case s == nil:
		return ""
	case s.description == "":
		return s.code
	default:
		return s.code + ": " + s.description
	}
}

// result waits for the answer to a command.
func (c *client) result(transaction float64) (command, error) {
	if err := c.conn.nc.SetReadDeadline(time.Now().Add(c.opts.Timeouts.Answer)); err != nil {
		return command{}, err
	}
	for {
		m, err := c.conn.read()
		if err != nil {
			return command{}, err
		}
		cmd, err := c.hear(m)
		if err != nil {
			return command{}, err
		}
		if cmd.name == "_result" && cmd.transaction == transaction {
			return cmd, nil
		}
	}
}

// accepted waits for the status that says yes to publish or play. Media says yes too.
func (c *client) accepted(yes string) error {
	if err := c.conn.nc.SetReadDeadline(time.Now().Add(c.opts.Timeouts.Publish)); err != nil {
		return err
	}
	for {
		// Only a wait between two chunks may time out: anything read so far is kept.
		if _, err := c.conn.in.r.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		m, err := c.conn.read()
		if err != nil {
			return err
		}
		if m.isMedia() {
			c.early = &m
			return nil
		}
		cmd, err := c.hear(m)
		if err != nil {
			return err
		}
		if cmd.name == "onStatus" && cmd.status().code == yes {
			return nil
		}
	}
}

// refusal is the no in a command, if it is one. Refusing FCPublish or releaseStream is not.
func refusal(cmd command) error {
	s := cmd.status()
	switch {
	case cmd.name == "_error" && cmd.transaction != txRelease && cmd.transaction != txFCPublish:
	case cmd.name == "onStatus" && s.level == "error":
	default:
		return nil
	}
	if s == (status{}) {
		s.description = "no reason given"
	}
	return &Refusal{Code: s.code, Description: s.description}
}
