package rtmp

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	gortmp "github.com/yutopp/go-rtmp"
	gomessage "github.com/yutopp/go-rtmp/message"
)

// outChunkSize keeps one picture in few chunks: each costs a system call.
const outChunkSize = 16 << 10

// socketBuffer bounds what the kernel takes for a peer that reads nothing, so that the stall is seen.
const socketBuffer = 256 << 10

// The chunk streams we write on. Which one carries what is ours to choose but for control (5.4).
const (
	chunkControl = 2
	chunkCommand = 3
	chunkAudio   = 4
	chunkData    = 5
	chunkVideo   = 6
)

// conn is an RTMP connection after the handshake. One goroutine reads; any may write; fail and close may be called
// from anywhere.
type conn struct {
	nc    net.Conn
	in    *chunkReader
	out   *gortmp.ChunkStreamer
	stall time.Duration // how long one write may take

	window uint32 // the peer wants an acknowledgement this often; the reading goroutine's
	acked  uint32

	sent atomic.Uint64

	mu sync.Mutex // held while a message is given to out, whose encoder all writers share

	failed  sync.Mutex // guards failure
	failure error
	once    sync.Once
}

func newConn(nc net.Conn, stall time.Duration) *conn {
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(socketBuffer) // best effort: without it a stall is only seen later
	}
	c := &conn{nc: nc, stall: stall, in: newChunkReader(nc)}
	c.out = gortmp.NewChunkStreamer(strings.NewReader(""), bufio.NewWriterSize(writer{c}, outChunkSize+64),
		&gortmp.StreamControlStateConfig{DefaultChunkSize: outChunkSize, MaxChunkStreams: chunkVideo})
	return c
}

// announce tells the peer our chunk size. It must be the first message: go-rtmp uses the size from the start, and
// only a message this short looks the same in any.
func (c *conn) announce() error {
	return c.write(chunkControl, 0, 0, &gomessage.SetChunkSize{ChunkSize: outChunkSize})
}

// writer is the way to the socket: each write has a deadline, counts, and its failure is final.
type writer struct{ *conn }

func (w writer) Write(b []byte) (int, error) {
	_ = w.nc.SetWriteDeadline(time.Now().Add(w.stall)) // an error shows in Write
	n, err := w.nc.Write(b)
	w.sent.Add(uint64(n))
	if err != nil {
		if errors.Is(err, os.ErrDeadlineExceeded) {
			err = errStalled
		}
		_ = w.fail(plain(err))
	}
	return n, err
}

// fail records why the connection is over, unless it is already, and cuts it.
func (c *conn) fail(err error) error {
	c.failed.Lock()
	if c.failure == nil {
		c.failure = err
	}
	err = c.failure
	c.failed.Unlock()
	c.nc.Close() // readers and writers return
	return err
}

// err is why the connection is over, nil while it stands.
func (c *conn) err() error {
	c.failed.Lock()
	defer c.failed.Unlock()
	return c.failure
}

// hurry ends the connection after patience at the latest, whatever is being written then.
func (c *conn) hurry(patience time.Duration) {
	time.AfterFunc(patience, func() { _ = c.fail(errStalled) })
}

// close cuts the connection and waits for go-rtmp's writing goroutine.
func (c *conn) close() {
	_ = c.fail(ErrClosed)
	c.once.Do(func() {
		c.mu.Lock() // a writer inside ends first: stopping go-rtmp under it would leave it waiting
		c.out.Close()
		c.mu.Unlock()
	})
	<-c.out.Done()
}

// write gives a message to go-rtmp, which sends it on its own goroutine. An error may belong to an earlier message;
// it is final either way.
func (c *conn) write(chunkStream int, stream, timestamp uint32, m gomessage.Message) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.err(); err != nil {
		return err
	}
	// No context: a wait here ends with the write before it, which has a deadline.
	err := c.out.Write(context.Background(), chunkStream, timestamp, &gortmp.ChunkMessage{StreamID: stream, Message: m})
	if err != nil {
		return c.fail(err)
	}
	return nil
}

// finish says goodbye, if there is something to say, and closes the connection once everything is in the socket, or
// after patience. Only the goroutine that writes tags may call it.
func (c *conn) finish(patience time.Duration, goodbye func() error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c.mu.Lock()
	c.drain(ctx, chunkAudio, chunkData, chunkVideo) // a goodbye would overtake a picture in several chunks
	c.mu.Unlock()
	if goodbye != nil {
		_ = goodbye() // its failure is the connection's
	}
	c.mu.Lock()
	c.drain(ctx, chunkControl, chunkCommand)
	_ = c.fail(ErrClosed)
	c.mu.Unlock()
	c.close()
}

// drain waits until what was written on chunk streams is in the socket. Nothing may be written on them afterwards:
// go-rtmp has no other way to wait than to become its writer.
func (c *conn) drain(ctx context.Context, chunkStreams ...int) {
	for _, id := range chunkStreams {
		if c.err() == nil {
			_, _ = c.out.NewChunkWriter(ctx, id) // an error means that patience or the connection is at its end
		}
	}
}

// read returns the next message that is not about the connection itself.
func (c *conn) read() (message, error) {
	for {
		m, err := c.in.next()
		if err == nil {
			err = c.acknowledge()
		}
		if err == nil {
			var own bool
			if own, err = c.control(m); err == nil && own {
				continue
			}
		}
		if err != nil {
			return message{}, c.fail(plain(err))
		}
		return m, nil
	}
}

// readTag returns the next tag, for which it waits at most idle if that is not zero. Commands that come in between go
// to hear, whose error ends the wait.
func (c *conn) readTag(idle time.Duration, hear func(message) error) (Tag, error) {
	for {
		var limit time.Time
		if idle > 0 {
			limit = time.Now().Add(idle)
		}
		if err := c.nc.SetReadDeadline(limit); err != nil {
			return Tag{}, c.fail(plain(err))
		}
		m, err := c.read()
		if err == nil && m.isMedia() {
			return m.tag(), nil
		}
		if err == nil && (m.kind == typeCommandAMF0 || m.kind == typeCommandAMF3) {
			err = hear(m)
		}
		if err != nil {
			return Tag{}, err
		}
	}
}

// plain names the ends that connections have in words for the operator.
func plain(err error) error {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.EPIPE), errors.Is(err, syscall.ECONNRESET):
		return errHungUp
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSilent
	default:
		return err
	}
}

// control handles protocol control and user control messages (5.4, 6.2).
func (c *conn) control(m message) (own bool, err error) {
	if len(m.payload) < 4 {
		return m.kind <= typePeerBand, nil
	}
	value := binary.BigEndian.Uint32(m.payload)
	switch m.kind {
	case typeSetChunkSize:
		return true, c.in.setChunkSize(value)
	case typeAbort:
		c.in.abort(value)
	case typeWindowAck:
		c.window = value
	case typeUserControl:
		return true, c.userControl(m.payload)
	case typeAck, typePeerBand: // TCP keeps the pace
	default:
		return false, nil
	}
	return true, nil
}

const eventPing = 6

// userControl answers a ping (7.1.7); a server may cut who does not.
func (c *conn) userControl(payload []byte) error {
	if len(payload) < 6 || binary.BigEndian.Uint16(payload) != eventPing {
		return nil
	}
	pong := &gomessage.UserCtrlEventPingResponse{Timestamp: binary.BigEndian.Uint32(payload[2:])}
	return c.write(chunkControl, 0, 0, &gomessage.UserCtrl{Event: pong})
}

// acknowledge tells the peer what arrived, as often as it wants (5.4.3).
func (c *conn) acknowledge() error {
	if c.window == 0 || c.in.total-c.acked < c.window {
		return nil
	}
	c.acked = c.in.total
	return c.write(chunkControl, 0, 0, &gomessage.Ack{SequenceNumber: c.acked})
}
