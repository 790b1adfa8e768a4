package main

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMessagesComeWholeOutOfChunks(t *testing.T) {
	long := bytes.Repeat([]byte{7}, 3*defaultChunk+5)
	raw := appendMessage(nil, messageCommand, 1, long)
	raw = appendMessage(raw, messageSetChunkSize, 0, []byte{0, 0, 16, 0})
	raw = append(raw, 6, 0, 0, 40, 0, 0, 2, messageVideo, 1, 0, 0, 0, 0xA, 0xB) // all fields
	raw = append(raw, 1<<6|6, 0, 0, 40, 0, 0, 1, 8, 0xC)                        // other length and type
	raw = append(raw, 2<<6|6, 0xFF, 0xFF, 0xFF, 1, 0, 0, 0, 0xD)                // other time, too large for its field
	raw = append(raw, 3<<6|6, 1, 0, 0, 40, 0xE)                                 // all as before
	raw = append(raw, 0, 200, 0, 0, 0, 0, 0, 1, messageVideo, 1, 0, 0, 0, 0xF)  // chunk stream 264
	c := newChunks(bytes.NewReader(raw))
	for _, want := range []message{
		{messageCommand, long},
		{messageVideo, []byte{0xA, 0xB}},
		{8, []byte{0xC}},
		{8, []byte{0xD}},
		{8, []byte{0xE}},
		{messageVideo, []byte{0xF}},
	} {
		got, err := c.next()
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	_, err := c.next()
	require.ErrorIs(t, err, io.EOF)
}

func TestMalformedChunksAreRefused(t *testing.T) {
	tests := map[string][]byte{
		"continues nothing":        {3<<6 | 3},
		"message too long":         {3, 0, 0, 0, 0xFF, 0xFF, 0xFF, messageVideo, 0, 0, 0, 0},
		"chunk size zero":          appendMessage(nil, messageSetChunkSize, 0, []byte{0, 0, 0, 0}),
		"chunk size huge":          appendMessage(nil, messageSetChunkSize, 0, []byte{0x7F, 0, 0, 0}),
		"chunk size without value": appendMessage(nil, messageSetChunkSize, 0, nil),
		"message inside a message": append(appendMessage(nil, messageVideo, 0, make([]byte, 2*defaultChunk))[:12+defaultChunk],
			3, 0, 0, 0, 0, 0, 1, messageVideo, 0, 0, 0, 0, 1),
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newChunks(bytes.NewReader(raw)).next()
			require.ErrorIs(t, err, errChunk)
		})
	}
}

func FuzzChunks(f *testing.F) {
	f.Add(appendMessage(nil, messageCommand, 1, newCommand("connect", 1).object("app", "live")))
	f.Add(appendMessage(nil, messageSetChunkSize, 0, []byte{0, 0, 0, 1}))
	f.Add([]byte{1, 255, 255, 0xFF, 0xFF, 0xFF, 0, 0, 1, messageVideo, 0, 0, 0, 0, 1, 1, 1, 1, 9})
	f.Fuzz(func(t *testing.T, raw []byte) {
		c := newChunks(bytes.NewReader(raw))
		for {
			m, err := c.next()
			if err != nil {
				return
			}
			require.LessOrEqual(t, len(m.body), len(raw), "more came out than went in")
			commandName(m.body)
			lastNumber(m.body)
		}
	})
}

func TestCommands(t *testing.T) {
	body := newCommand("_result", 2).null().number(7)
	require.Equal(t, "_result", commandName(body))
	id, ok := lastNumber(body)
	require.True(t, ok)
	require.InDelta(t, 7, id, 0)

	require.Equal(t, []byte("\x02\x00\x01c\x00\x3F\xF0\x00\x00\x00\x00\x00\x00\x03\x00\x03app\x02\x00\x04live\x00\x00\x09"),
		[]byte(newCommand("c", 1).object("app", "live")))
	require.Empty(t, commandName(body[:6]))
	_, ok = lastNumber(newCommand("_result", 2).null())
	require.False(t, ok)
}
