package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

const (
	application   = "live"
	handshakeSize = 1536
)

// arrival is a picture that a player got.
type arrival struct {
	at     time.Time
	number int // in the clip; -1 if it is not one of the clip's pictures
	key    bool
}

// player reads one stream from the RTMP server and notes when which picture comes.
type player struct {
	conn    net.Conn
	chunks  *chunks
	clip    *clip
	first   chan struct{} // closed at the first keyframe
	running sync.WaitGroup

	arrivals []arrival // valid after stop
}

// newPlayer subscribes to a stream that need not be there yet.
func newPlayer(ctx context.Context, addr, name string, c *clip) (*player, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	p := &player{conn: conn, chunks: newChunks(conn), clip: c, first: make(chan struct{})}
	_ = conn.SetDeadline(time.Now().Add(grace))
	if err := p.begin(addr, name); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("play %s: %w", name, err)
	}
	_ = conn.SetDeadline(time.Time{})
	p.running.Go(p.read)
	return p, nil
}

func (p *player) begin(addr, name string) error {
	if err := p.handshake(); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	return p.subscribe(addr, name)
}

// handshake is the plain one (RTMP 1.0 section 5.2).
func (p *player) handshake() error {
	const version = 3
	hello := make([]byte, 1+handshakeSize)
	hello[0] = version
	if _, err := p.conn.Write(hello); err != nil {
		return err
	}
	answer := make([]byte, 1+2*handshakeSize)
	if _, err := io.ReadFull(p.chunks.r, answer); err != nil {
		return err
	}
	_, err := p.conn.Write(answer[1 : 1+handshakeSize])
	return err
}

func (p *player) subscribe(addr, name string) error {
	connect := newCommand("connect", 1).object("app", application, "tcUrl", "rtmp://"+addr+"/"+application)
	if _, err := p.call(connect); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	result, err := p.call(newCommand("createStream", 2).null())
	if err != nil {
		return fmt.Errorf("create stream: %w", err)
	}
	id, ok := lastNumber(result)
	if !ok {
		return errors.New("create stream: no id")
	}
	play := newCommand("play", 0).null().text(name)
	return p.write(messageCommand, uint32(id), play)
}

// call sends a command and waits for its result.
func (p *player) call(c command) ([]byte, error) {
	if err := p.write(messageCommand, 0, c); err != nil {
		return nil, err
	}
	for {
		m, err := p.chunks.next()
		if err != nil {
			return nil, err
		}
		if m.kind != messageCommand {
			continue
		}
		switch name := commandName(m.body); name {
		case "_result":
			return m.body, nil
		case "_error":
			return nil, errors.New("refused")
		}
	}
}

func (p *player) write(kind byte, stream uint32, body []byte) error {
	_, err := p.conn.Write(appendMessage(nil, kind, stream, body))
	return err
}

// read notes pictures until the connection is closed.
func (p *player) read() {
	first := true
	for {
		m, err := p.chunks.next()
		if err != nil {
			return
		}
		at := time.Now()
		switch m.kind {
		case messageUserControl:
			p.pong(m.body)
		case messageVideo:
			slice, key := sliceIn(m.body)
			if slice == nil {
				continue
			}
			number, known := p.clip.number[string(slice)]
			if !known {
				number = -1
			}
			p.arrivals = append(p.arrivals, arrival{at, number, key})
			if key && first {
				first = false
				close(p.first)
			}
		}
	}
}

// pong answers a ping (RTMP 1.0 section 7.1.7).
func (p *player) pong(body []byte) {
	const ping, pong = 6, 7
	if len(body) == 6 && binary.BigEndian.Uint16(body) == ping {
		_ = p.write(messageUserControl, 0, append([]byte{0, pong}, body[2:]...))
	}
}

func (p *player) stop() {
	_ = p.conn.Close()
	p.running.Wait()
}
