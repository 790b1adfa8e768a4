package rtc

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
)

func longPicture(n byte) *media.Unit {
	nal := make([]byte, 3000)
	nal[0], nal[1] = 0x41, n
	return &media.Unit{Format: &media.Format{Codec: media.H264}, Payload: h264.AppendNAL(nil, nal)}
}

// TestPictureIsPackedOnceForAll who are sent it at about the same time.
func TestPictureIsPackedOnceForAll(t *testing.T) {
	shared := packs{of: map[*media.Unit][][]byte{}}
	one, other := newPacker(&shared), newPacker(&shared)
	first := longPicture(0)
	payloads := one.Pack(first)
	require.Len(t, payloads, 3)
	require.Same(t, &payloads[0][0], &other.Pack(first)[0][0])
	for n := range packed {
		require.Equal(t, byte(n), one.Pack(longPicture(byte(n)))[0][2], "its own")
	}
	again := other.Pack(first)
	require.Equal(t, payloads, again)
	require.NotSame(t, &payloads[0][0], &again[0][0], "it was forgotten")
	require.Len(t, shared.of, packed)
}
