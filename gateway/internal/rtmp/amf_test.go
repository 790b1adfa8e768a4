package rtmp

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/yutopp/go-amf0"
)

func encode(t testing.TB, values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		require.NoError(t, amf0.NewEncoder(&b).Encode(v))
	}
	return b.Bytes()
}

func TestAMFReadsWhatGoAMFWrites(t *testing.T) {
	b := encode(t, "connect", 1, map[string]any{"app": "live", "deep": map[string]any{"x": true}}, nil, []any{1.5, "a"})
	require.Equal(t, []any{
		"connect", 1.0, map[string]any{"app": "live", "deep": map[string]any{"x": true}}, nil, []any{1.5, "a"},
	}, (&amfReader{b}).values())
}

func TestAMFRefuses(t *testing.T) {
	deep := bytes.Repeat([]byte{amfStrictArray, 0, 0, 0, 1}, 1000)
	for name, b := range map[string][]byte{
		"huge array":  {amfStrictArray, 0x7F, 0xFF, 0xFF, 0xFF},
		"nested":      deep,
		"long string": {amfLongString, 0xFF, 0xFF, 0xFF, 0xFF, 'a'},
		"open object": {amfObject, 0, 1, 'a', amfNull},
		"reference":   {7, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			require.Empty(t, (&amfReader{b}).values())
			require.Less(t, testing.AllocsPerRun(1, func() { (&amfReader{b}).values() }), 100.0)
		})
	}
}

func FuzzAMF(f *testing.F) {
	f.Add(encode(f, "onStatus", 0, nil, map[string]any{"code": "NetStream.Publish.Start"}))
	f.Add(encode(f, "connect", 1, map[string]any{"app": "live"}, []any{1, "a"}))
	f.Add([]byte{amfStrictArray, 0x7F, 0xFF, 0xFF, 0xFF})
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		values := (&amfReader{b}).values()
		require.LessOrEqual(t, len(values), len(b))
		require.Equal(t, before, b)
		parseCommand(message{kind: typeCommandAMF0, payload: b}).status()
	})
}
