package rtmp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Message types (RTMP 1.0 section 5.4 and 7.1).
const (
	typeSetChunkSize = 1
	typeAbort        = 2
	typeAck          = 3
	typeUserControl  = 4
	typeWindowAck    = 5
	typePeerBand     = 6
	typeAudio        = 8
	typeVideo        = 9
	typeDataAMF3     = 15
	typeCommandAMF3  = 17
	typeDataAMF0     = 18
	typeCommandAMF0  = 20
)

// Bounds of what a peer may make us hold. Pictures are the largest messages; everything else is small.
const (
	defaultChunkSize = 128
	maxChunkStreams  = 32
	maxMediaMessage  = 4 << 20
	maxOtherMessage  = 64 << 10
	maxPartial       = 8 << 20  // all unfinished messages of a connection together
	bodyStep         = 32 << 10 // room made at a time
)

// extended marks a timestamp that does not fit 24 bits and follows the header (5.3.1.3).
const extended = 0xFFFFFF

// message is one RTMP message.
type message struct {
	kind      byte
	stream    uint32
	timestamp uint32
	payload   []byte
}

// chunkStream is the state the headers of one chunk stream are relative to.
type chunkStream struct {
	head     message // of the current or last message; payload filled so far
	length   int     // of its whole payload
	field    uint32  // the last timestamp field: a delta, or after a type 0 header the timestamp
	extended bool    // it was an extended one
	inside   bool    // a message is unfinished
}

// chunkReader puts messages together from chunks (5.3).
type chunkReader struct {
	r         *bufio.Reader
	chunkSize int
	streams   map[uint32]*chunkStream
	partial   int    // bytes reserved by unfinished messages
	total     uint32 // bytes read, modulo 2^32 as acknowledgements count
}

func newChunkReader(r io.Reader) *chunkReader {
	return &chunkReader{r: bufio.NewReaderSize(r, 16<<10), chunkSize: defaultChunkSize, streams: map[uint32]*chunkStream{}}
}

// next reads chunks until a message is complete.
func (c *chunkReader) next() (message, error) {
	for {
		cs, err := c.header()
		if err != nil {
			return message{}, err
		}
		if err := c.body(cs); err != nil {
			return message{}, err
		}
		if len(cs.head.payload) == cs.length {
			m := cs.head
			c.finish(cs)
			return m, nil
		}
	}
}

// setChunkSize takes the peer's new chunk size.
func (c *chunkReader) setChunkSize(size uint32) error {
	if size == 0 || size > 1<<31-1 {
		return fmt.Errorf("chunk size %d out of range", size)
	}
	c.chunkSize = int(size)
	return nil
}

// abort forgets the unfinished message of a chunk stream (5.4.2).
func (c *chunkReader) abort(id uint32) {
	if cs := c.streams[id]; cs != nil && cs.inside {
		c.finish(cs)
	}
}

// finish releases what a message reserved.
func (c *chunkReader) finish(cs *chunkStream) {
	c.partial -= cs.length
	cs.inside, cs.head.payload = false, nil
}

// header reads the headers of a chunk and begins a message if the chunk is the first of one.
func (c *chunkReader) header() (*chunkStream, error) {
	format, id, err := c.basicHeader()
	if err != nil {
		return nil, err
	}
	cs := c.streams[id]
	switch {
	case cs == nil && format != 0:
		return nil, fmt.Errorf("chunk stream %d begins with a type %d header", id, format)
	case cs == nil && len(c.streams) == maxChunkStreams:
		return nil, errors.New("too many chunk streams")
	case cs == nil:
		cs = &chunkStream{}
		c.streams[id] = cs
	case cs.inside && format != 3:
		return nil, fmt.Errorf("chunk stream %d begins a message inside another", id)
	}
	if err := c.messageHeader(cs, format); err != nil {
		return nil, err
	}
	if cs.inside {
		return cs, nil
	}
	return cs, c.begin(cs, format)
}

// basicHeader reads the header type and the chunk stream id (5.3.1.1).
func (c *chunkReader) basicHeader() (format byte, id uint32, err error) {
	first, err := c.byte()
	if err != nil {
		return 0, 0, err
	}
	format, id = first>>6, uint32(first&0x3F)
	if id > 1 {
		return format, id, nil
	}
	wide := id == 1
	low, err := c.byte()
	if err != nil {
		return 0, 0, noEOF(err)
	}
	id = uint32(low) + 64
	if !wide {
		return format, id, nil
	}
	high, err := c.byte()
	return format, id + uint32(high)<<8, noEOF(err)
}

// messageHeader reads what the header type carries (5.3.1.2), and the extended timestamp.
func (c *chunkReader) messageHeader(cs *chunkStream, format byte) error {
	var buf [11]byte
	head := buf[:[...]int{11, 7, 3, 0}[format]]
	if err := c.full(head); err != nil {
		return err
	}
	if format < 2 {
		cs.length, cs.head.kind = int(uint24(head[3:])), head[6]
	}
	if format == 0 {
		cs.head.stream = binary.LittleEndian.Uint32(head[7:])
	}
	if format == 3 {
		return c.repeated(cs)
	}
	cs.field = uint24(head)
	cs.extended = cs.field == extended
	if !cs.extended {
		return nil
	}
	var wide [4]byte
	err := c.full(wide[:])
	cs.field = binary.BigEndian.Uint32(wide[:])
	return err
}

// repeated skips the extended timestamp that a type 3 chunk repeats. Some senders leave it out, so it is only taken
// for one if it has the value it must have.
func (c *chunkReader) repeated(cs *chunkStream) error {
	if !cs.extended {
		return nil
	}
	wide, err := c.r.Peek(4)
	if err != nil {
		return noEOF(err)
	}
	if binary.BigEndian.Uint32(wide) != cs.field {
		return nil
	}
	return c.full(make([]byte, 4))
}

// begin starts a message. A type 3 header repeats the last field as a delta, even if that was a timestamp (5.3.1.2.4).
func (c *chunkReader) begin(cs *chunkStream, format byte) error {
	limit := maxOtherMessage
	if cs.head.kind == typeAudio || cs.head.kind == typeVideo {
		limit = maxMediaMessage
	}
	if cs.length > limit {
		return fmt.Errorf("message of type %d has %d bytes, at most %d are taken", cs.head.kind, cs.length, limit)
	}
	if c.partial+cs.length > maxPartial {
		return errors.New("too many unfinished messages")
	}
	if format == 0 {
		cs.head.timestamp = cs.field
	} else {
		cs.head.timestamp += cs.field
	}
	cs.inside = true
	c.partial += cs.length
	return nil
}

// body reads the payload of one chunk. Room is made as bytes arrive, not as they are announced.
func (c *chunkReader) body(cs *chunkStream) error {
	left := min(c.chunkSize, cs.length-len(cs.head.payload))
	for left > 0 {
		n := min(left, bodyStep)
		have := len(cs.head.payload)
		cs.head.payload = slices.Grow(cs.head.payload, n)[:have+n]
		if err := c.full(cs.head.payload[have:]); err != nil {
			return err
		}
		left -= n
	}
	return nil
}

// full fills b.
func (c *chunkReader) full(b []byte) error {
	n, err := io.ReadFull(c.r, b)
	c.total += uint32(n)
	return noEOF(err)
}

func (c *chunkReader) byte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.total++
	}
	return b, err
}

// noEOF tells an end inside a chunk from an end between two.
func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func uint24(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }
