package rtmp

import (
	"bytes"
	"context"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
	gortmp "github.com/yutopp/go-rtmp"
	gomessage "github.com/yutopp/go-rtmp/message"
)

// written is what go-rtmp makes of messages.
func written(t testing.TB, send func(*gortmp.ChunkStreamer)) []byte {
	var b bytes.Buffer
	s := gortmp.NewChunkStreamer(new(bytes.Buffer), &b, nil)
	send(s)
	for id := range 8 {
		_, err := s.NewChunkWriter(context.Background(), id) // the message before is out
		require.NoError(t, err)
	}
	require.NoError(t, s.Close())
	<-s.Done()
	return b.Bytes()
}

func TestChunksReadWhatGoRTMPWrites(t *testing.T) {
	type sent struct {
		timestamp uint32
		size      int
	}
	all := []sent{{0, 40}, {40, 500}, {80, 500}, {120, 500}, {160, 3}, {0xFFFFFE, 10}, {0x1000010, 300}, {0x1000040, 300}}
	b := written(t, func(s *gortmp.ChunkStreamer) {
		for i, m := range all {
			payload := bytes.Repeat([]byte{byte(i + 1)}, m.size)
			require.NoError(t, s.Write(context.Background(), chunkVideo, m.timestamp,
				&gortmp.ChunkMessage{StreamID: 1, Message: &gomessage.VideoMessage{Payload: bytes.NewReader(payload)}}))
		}
	})
	r := newChunkReader(bytes.NewReader(b))
	for i, m := range all {
		got, err := r.next()
		require.NoError(t, err)
		require.Equal(t, message{typeVideo, 1, m.timestamp, bytes.Repeat([]byte{byte(i + 1)}, m.size)}, got)
	}
	_, err := r.next()
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, uint32(len(b)), r.total)
	require.Zero(t, r.partial)
}

func TestChunksReadWhatOthersWrite(t *testing.T) {
	for _, tc := range []struct {
		name  string
		bytes []byte
		want  []message
	}{
		{"empty message", []byte{4, 0, 0, 5, 0, 0, 0, 8, 1, 0, 0, 0}, []message{{8, 1, 5, nil}}},
		{"type 3 after type 0 adds the timestamp", []byte{
			4, 0, 0, 23, 0, 0, 1, 8, 1, 0, 0, 0, 'a', 0xC4, 'b',
		}, []message{{8, 1, 23, []byte("a")}, {8, 1, 46, []byte("b")}}},
		{"wide chunk stream ids", []byte{
			0, 1, 0, 0, 1, 0, 0, 1, 8, 1, 0, 0, 0, 'a',
			1, 1, 1, 0, 0, 2, 0, 0, 1, 9, 1, 0, 0, 0, 'b',
		}, []message{{8, 1, 1, []byte("a")}, {9, 1, 2, []byte("b")}}},
		{"interleaved", func() []byte {
			b := append([]byte{4, 0, 0, 1, 0, 0, 130, 8, 1, 0, 0, 0}, bytes.Repeat([]byte{'a'}, 128)...)
			b = append(b, 5, 0, 0, 2, 0, 0, 1, 9, 1, 0, 0, 0, 'b')
			return append(b, 0xC4, 'c', 'c')
		}(), []message{{9, 1, 2, []byte("b")}, {8, 1, 1, append(bytes.Repeat([]byte{'a'}, 128), 'c', 'c')}}},
		{"extended timestamp repeated", func() []byte {
			b := append([]byte{4, 0xFF, 0xFF, 0xFF, 0, 0, 130, 8, 1, 0, 0, 0, 1, 0, 0, 0}, bytes.Repeat([]byte{'a'}, 128)...)
			return append(b, 0xC4, 1, 0, 0, 0, 'c', 'c')
		}(), []message{{8, 1, 1 << 24, append(bytes.Repeat([]byte{'a'}, 128), 'c', 'c')}}},
		{"extended timestamp not repeated", func() []byte {
			b := append([]byte{4, 0xFF, 0xFF, 0xFF, 0, 0, 132, 8, 1, 0, 0, 0, 1, 0, 0, 0}, bytes.Repeat([]byte{'a'}, 128)...)
			return append(b, 0xC4, 'c', 'c', 'c', 'c')
		}(), []message{{8, 1, 1 << 24, append(bytes.Repeat([]byte{'a'}, 128), 'c', 'c', 'c', 'c')}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := newChunkReader(bytes.NewReader(tc.bytes))
			for _, want := range tc.want {
				got, err := r.next()
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
			_, err := r.next()
			require.ErrorIs(t, err, io.EOF)
		})
	}
}

func TestChunksRefuse(t *testing.T) {
	var many []byte
	for id := range byte(maxChunkStreams + 1) {
		many = append(many, 2+id, 0, 0, 0, 0, 0, 1, 8, 1, 0, 0, 0, 'a')
	}
	var partial []byte
	for id := range byte(3) {
		partial = append(partial, 3+id, 0, 0, 0, 0x3F, 0xFF, 0xFF, 9, 1, 0, 0, 0)
		partial = append(partial, make([]byte, defaultChunkSize)...)
	}
	for name, b := range map[string][]byte{
		"huge picture":      {4, 0, 0, 0, 0xFF, 0xFF, 0xFF, 9, 1, 0, 0, 0},
		"huge command":      {4, 0, 0, 0, 1, 0, 1, 20, 1, 0, 0, 0},
		"no header before":  {0xC4, 1},
		"too many streams":  many,
		"too much at once":  partial,
		"ends in a message": {4, 0, 0, 0, 0, 0, 9, 9, 1, 0, 0, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := newChunkReader(bytes.NewReader(b))
			var err error
			for err == nil {
				_, err = r.next()
			}
			require.NotErrorIs(t, err, io.EOF)
		})
	}
}

func FuzzChunks(f *testing.F) {
	f.Add([]byte{4, 0, 0, 23, 0, 0, 1, 8, 1, 0, 0, 0, 'a', 0xC4, 'b'})
	f.Add([]byte{2, 0, 0, 0, 0, 0, 4, 1, 0, 0, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 4, 0, 0, 0, 0x3F, 0, 0, 9, 1, 0, 0, 0})
	f.Add([]byte{4, 0xFF, 0xFF, 0xFF, 0, 0, 1, 8, 1, 0, 0, 0, 1, 0, 0, 0, 'a', 0xC4, 1, 0, 0, 0, 'b'})
	f.Fuzz(func(t *testing.T, b []byte) {
		r := newChunkReader(bytes.NewReader(b))
		held := 0
		for {
			m, err := r.next()
			if err != nil {
				break
			}
			held += len(m.payload)
			if m.kind == typeSetChunkSize && len(m.payload) == 4 {
				r.setChunkSize(uint32(m.payload[0])<<24 | uint32(m.payload[3]))
			}
		}
		require.LessOrEqual(t, held, len(b))
		require.LessOrEqual(t, int(r.total), len(b))
		for _, cs := range r.streams {
			require.LessOrEqual(t, cap(cs.head.payload), 2*len(b)+2*bodyStep)
		}
	})
}
