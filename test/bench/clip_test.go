package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

// stream joins NAL units to a byte stream.
func stream(nals ...[]byte) []byte {
	var out []byte
	for _, nal := range nals {
		out = append(append(out, 0, 0, 0, 1), nal...)
	}
	return out
}

var (
	delimiter = []byte{nalDelimiter, 0xF0}
	sps       = []byte{0x67, 0x42, 0xC0, 0x1F}
	pps       = []byte{0x68, 0xCE}
	keySlice  = bytes.Repeat([]byte{0x65}, maxPayload+1)
	slice     = []byte{0x41, 0x9A, 0x01}
)

// testClip has two pictures and 80 ms of sound.
func testClip(t *testing.T) *clip {
	t.Helper()
	c, err := newClip(stream(delimiter, sps, pps, keySlice, delimiter, slice), bytes.Repeat([]byte{0xD5}, 4*audioSize))
	require.NoError(t, err)
	return c
}

func TestClipIsCutIntoPicturesAndFrames(t *testing.T) {
	c := testClip(t)
	require.Equal(t, map[string]int{string(keySlice): 0, string(slice): 1}, c.number)
	require.Equal(t, "Z0LAHw==,aM4=", c.sets)
	require.Len(t, c.pictures, 2)
	require.Len(t, c.pictures[0], 3, "an aggregate of the parameter sets and two fragments")
	require.Equal(t, [][]byte{slice}, c.pictures[1])
	require.Len(t, c.audio, 4)
	require.Len(t, c.audio[3], audioSize)
}

func TestClipRefused(t *testing.T) {
	sound := bytes.Repeat([]byte{0xD5}, 4*audioSize)
	tests := map[string]struct {
		video, audio []byte
		want         string
	}{
		"no delimiter":     {stream(keySlice, delimiter, slice), sound, "does not begin"},
		"pictures alike":   {stream(delimiter, slice, delimiter, slice), sound, "not the only one"},
		"two slices":       {stream(delimiter, keySlice, slice, delimiter, []byte{0x41}), sound, "2 pictures, 3 slices"},
		"sound too short":  {stream(delimiter, keySlice, delimiter, slice), sound[:audioSize], "1 audio frames"},
		"nothing":          {nil, nil, "0 pictures"},
		"picture is empty": {stream(delimiter, delimiter, slice), sound, "2 pictures, 1 slices"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := newClip(test.video, test.audio)
			require.ErrorContains(t, err, test.want)
		})
	}
}
