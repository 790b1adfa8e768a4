package webrtc

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func TestPacketsOfSoundTellOfThemselves(t *testing.T) {
	const ms = time.Millisecond
	for name, tt := range map[string]struct {
		codec   media.Codec
		payload []byte
		want    sound
	}{
		"PCMA":                    {media.PCMA, make([]byte, 240), sound{8000, 1, 30 * ms}},
		"G722":                    {media.G722, make([]byte, 160), sound{16000, 1, 20 * ms}},
		"Opus, 20 ms":             {media.Opus, []byte{0x78, 1}, sound{48000, 1, 20 * ms}},
		"Opus, two of 10 ms":      {media.Opus, []byte{0x71, 1, 2}, sound{48000, 1, 20 * ms}},
		"Opus, stereo, of speech": {media.Opus, []byte{0x1C, 1}, sound{48000, 2, 60 * ms}},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := listen(tt.codec, tt.payload)
			require.True(t, ok)
			require.Equal(t, tt.want, got)
		})
	}
	for _, c := range []media.Codec{media.Opus, media.PCMU, media.G722} {
		_, ok := listen(c, nil)
		require.False(t, ok, "%s without sound", c)
	}
}
