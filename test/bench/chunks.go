package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// RTMP message types.
const (
	messageSetChunkSize = 1
	messageUserControl  = 4
	messageVideo        = 9
	messageCommand      = 20
)

const (
	defaultChunk = 128
	maxChunk     = 1 << 16
	maxMessage   = 1 << 20
	maxStreams   = 64
	extended     = 0xFFFFFF // a timestamp field that says: the real one follows
)

var errChunk = errors.New("malformed RTMP chunk")

// message is an RTMP message. Its timestamp is of no interest here.
type message struct {
	kind byte
	body []byte
}

// chunks puts messages together from an RTMP chunk stream (RTMP 1.0 section 5.3).
type chunks struct {
	r       *bufio.Reader
	size    int
	streams map[int]*partial
}

// partial is the state of a chunk stream.
type partial struct {
	kind     byte
	length   int
	extended bool
	body     []byte
}

func newChunks(r io.Reader) *chunks {
	return &chunks{r: bufio.NewReaderSize(r, maxChunk), size: defaultChunk, streams: map[int]*partial{}}
}

// next returns the next whole message. Its body belongs to the caller.
func (c *chunks) next() (message, error) {
	for {
		p, err := c.header()
		if err != nil {
			return message{}, err
		}
		start := len(p.body)
		p.body = append(p.body, make([]byte, min(c.size, p.length-start))...)
		if _, err := io.ReadFull(c.r, p.body[start:]); err != nil {
			return message{}, fmt.Errorf("read chunk: %w", err)
		}
		if len(p.body) < p.length {
			continue
		}
		m := message{p.kind, p.body}
		p.body = nil
		if m.kind != messageSetChunkSize {
			return m, nil
		}
		if err := c.resize(m.body); err != nil {
			return message{}, err
		}
	}
}

// header reads the header of a chunk and returns the stream that its data belongs to.
func (c *chunks) header() (*partial, error) {
	first, err := c.r.ReadByte()
	if err != nil {
		return nil, fmt.Errorf("read chunk: %w", err)
	}
	id := int(first & 0x3F)
	if id < 2 { // ids from 64 on stand in one or two more bytes
		var more [2]byte
		if _, err := io.ReadFull(c.r, more[:id+1]); err != nil {
			return nil, fmt.Errorf("read chunk: %w", err)
		}
		id = 64 + int(more[0]) + int(more[1])<<8
	}
	p := c.streams[id]
	if p == nil {
		if len(c.streams) == maxStreams {
			return nil, errChunk
		}
		p = &partial{}
		c.streams[id] = p
	}
	return p, c.fields(p, first>>6)
}

// fields reads what the format says is there: less and less, because the rest is as before.
func (c *chunks) fields(p *partial, format byte) error {
	var raw [11]byte
	n := [...]int{11, 7, 3, 0}[format]
	if n > 0 && len(p.body) > 0 {
		return errChunk // a message begins inside another
	}
	if _, err := io.ReadFull(c.r, raw[:n]); err != nil {
		return fmt.Errorf("read chunk: %w", err)
	}
	if n >= 3 {
		p.extended = uint24(raw[0:]) == extended
	}
	if n >= 7 {
		p.length, p.kind = uint24(raw[3:]), raw[6]
	}
	if p.length > maxMessage || p.kind == 0 {
		return errChunk
	}
	if p.extended {
		if _, err := io.ReadFull(c.r, raw[:4]); err != nil {
			return fmt.Errorf("read chunk: %w", err)
		}
	}
	return nil
}

func (c *chunks) resize(body []byte) error {
	if len(body) < 4 {
		return errChunk
	}
	size := binary.BigEndian.Uint32(body)
	if size == 0 || size > maxChunk {
		return errChunk
	}
	c.size = int(size)
	return nil
}

func uint24(b []byte) int { return int(b[0])<<16 | int(b[1])<<8 | int(b[2]) }

// appendMessage writes a message as chunks of the default size.
func appendMessage(out []byte, kind byte, stream uint32, body []byte) []byte {
	const chunkStream = 3
	n := len(body)
	out = append(out, chunkStream, 0, 0, 0, byte(n>>16), byte(n>>8), byte(n), kind)
	out = binary.LittleEndian.AppendUint32(out, stream)
	for len(body) > defaultChunk {
		out = append(append(out, body[:defaultChunk]...), 3<<6|chunkStream)
		body = body[defaultChunk:]
	}
	return append(out, body...)
}
