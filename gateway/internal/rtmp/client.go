package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/yutopp/go-rtmp/handshake"
	gomessage "github.com/yutopp/go-rtmp/message"
)

// Options says how to publish.
type Options struct {
	FlashVer string      // how the client calls itself; "FMLE/3.0 (compatible; Callcast)" if empty
	TLS      *tls.Config // for rtmps; nil = the system's roots
	Timeouts Timeouts
}

// Timeouts bounds every wait on a server. A zero field has its default.
type Timeouts struct {
	Connect time.Duration // TCP and TLS
	Answer  time.Duration // the handshake, and each command
	Publish time.Duration // how long a server may keep silent about publish before that is taken for a yes
	Stall   time.Duration // a write without progress
	Close   time.Duration // saying goodbye
}

func (t Timeouts) normal() Timeouts {
	for field, usual := range map[*time.Duration]time.Duration{
		&t.Connect: 3 * time.Second,
		&t.Answer:  5 * time.Second,
		&t.Publish: 3 * time.Second,
		&t.Stall:   5 * time.Second,
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
	txPublish
)

// Dial connects to a server and publishes. It returns once the server said that publishing started, or said nothing
// against it for Timeouts.Publish. A server's no is a *Refusal.
func Dial(ctx context.Context, target Target, opts Options) (*Publisher, error) {
	opts.Timeouts = opts.Timeouts.normal()
	nc, err := dialSocket(ctx, target, opts)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", target.Address(), cause(ctx, err))
	}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	c, err := shakeHands(nc, opts.Timeouts)
	if err != nil {
		stop()
		nc.Close()
		return nil, fmt.Errorf("rtmp handshake with %s: %w", target.Address(), cause(ctx, plain(err)))
	}
	p := newPublisher(c, target, opts)
	if err := p.negotiate(); err != nil {
		stop()
		c.close()
		return nil, cause(ctx, err)
	}
	if !stop() {
		c.close()
		return nil, context.Cause(ctx)
	}
	p.start()
	return p, nil
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

// negotiate runs the commands that lead to publishing, in the order encoders send them. FCPublish and releaseStream
// are not in the specification; some servers expect them and the others ignore them.
func (p *Publisher) negotiate() error {
	c, name := p.conn, p.target.Name
	connect := &gomessage.NetConnectionConnect{Command: gomessage.NetConnectionConnectCommand{
		App: p.target.App, Type: "nonprivate", FlashVer: p.flashVer, TCURL: p.target.tcURL(),
	}}
	if err := errors.Join(c.announce(), c.command(0, "connect", txConnect, connect)); err != nil {
		return err
	}
	if _, err := p.result(txConnect); err != nil {
		return fmt.Errorf("open application %q: %w", p.target.App, err)
	}
	err := errors.Join(
		c.command(0, "releaseStream", txRelease, &gomessage.NetConnectionReleaseStream{StreamName: name}),
		c.command(0, "FCPublish", txFCPublish, &gomessage.NetStreamFCPublish{StreamName: name}),
		c.command(0, "createStream", txCreate, &gomessage.NetConnectionCreateStream{}))
	if err != nil {
		return err
	}
	created, err := p.result(txCreate)
	if err != nil {
		return fmt.Errorf("create stream: %w", err)
	}
	id, _ := created.number(1)
	p.stream = uint32(id)
	publish := &gomessage.NetStreamPublish{PublishingName: name, PublishingType: "live"}
	if err := c.command(p.stream, "publish", txPublish, publish); err != nil {
		return err
	}
	if err := p.accepted(); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// result waits for the answer to a command.
func (p *Publisher) result(transaction float64) (command, error) {
	if err := p.conn.nc.SetReadDeadline(time.Now().Add(p.timeouts.Answer)); err != nil {
		return command{}, err
	}
	for {
		m, err := p.conn.read()
		if err != nil {
			return command{}, err
		}
		cmd := parseCommand(m)
		if err := refusal(cmd); err != nil {
			return command{}, err
		}
		if cmd.name == "_result" && cmd.transaction == transaction {
			return cmd, nil
		}
	}
}

// accepted waits for the server's word on publish.
func (p *Publisher) accepted() error {
	if err := p.conn.nc.SetReadDeadline(time.Now().Add(p.timeouts.Publish)); err != nil {
		return err
	}
	for {
		// Only a wait between two chunks may time out: anything read so far is kept.
		if _, err := p.conn.in.r.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) {
			return nil
		}
		m, err := p.conn.read()
		if err != nil {
			return err
		}
		cmd := parseCommand(m)
		if err := refusal(cmd); err != nil {
			return err
		}
		if cmd.name == "onStatus" && cmd.status().code == "NetStream.Publish.Start" {
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
