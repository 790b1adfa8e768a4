package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// videoBody is the body of a video message.
func videoBody(nals ...[]byte) []byte {
	body := []byte{0x17, 1, 0, 0, 0}
	for _, nal := range nals {
		body = append(append(body, 0, 0, byte(len(nal)>>8), byte(len(nal))), nal...)
	}
	return body
}

func TestSliceIn(t *testing.T) {
	tests := map[string]struct {
		body  []byte
		slice []byte
		key   bool
	}{
		"key picture behind its sets": {videoBody(sps, pps, keySlice), keySlice, true},
		"other picture":               {videoBody(slice), slice, false},
		"no slice":                    {videoBody(sps, pps), nil, false},
		"sequence header":             {[]byte{0x17, 0, 0, 0, 0, 0, 0, 0, 1, 0x65}, nil, false},
		"other codec":                 {[]byte{0x12, 1, 0, 0, 0, 0, 0, 0, 1, 0x65}, nil, false},
		"cut short":                   {videoBody(keySlice)[:200], nil, false},
		"empty unit":                  {append(videoBody(nil), videoBody(slice)[5:]...), nil, false},
		"nothing":                     {nil, nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, key := sliceIn(test.body)
			require.Equal(t, test.slice, got)
			require.Equal(t, test.key, key)
		})
	}
}

func FuzzSliceIn(f *testing.F) {
	f.Add(videoBody(sps, pps, []byte{0x65, 1}))
	f.Add(videoBody(slice))
	f.Add([]byte{0x17, 1, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0x65})
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		found, _ := sliceIn(body)
		require.Equal(t, before, body)
		if found != nil {
			require.Contains(t, []byte{nalSlice, nalKeySlice}, found[0]&0x1F)
		}
	})
}
