package voice

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func TestDuration(t *testing.T) {
	for name, tt := range map[string]struct {
		codec  media.Codec
		packet []byte
		want   time.Duration
	}{
		"A-law":           {media.PCMA, make([]byte, 160), 20 * time.Millisecond},
		"G.722":           {media.G722, make([]byte, 160), 20 * time.Millisecond},
		"G.729":           {media.G729, make([]byte, 20), 20 * time.Millisecond},
		"G.729 and noise": {media.G729, make([]byte, 12), 20 * time.Millisecond},
		"not G.729":       {media.G729, make([]byte, 13), 0},
		"Opus":            {media.Opus, []byte{0x78, 0}, 20 * time.Millisecond},
		"nothing":         {media.Opus, nil, 0},
	} {
		require.Equal(t, tt.want, Duration(tt.codec, tt.packet), name)
	}
}

func TestFormat(t *testing.T) {
	require.Equal(t, media.Format{Codec: media.G722, SampleRate: 16000, Channels: 1}, Format(media.G722, nil))
	require.Equal(t, media.Format{Codec: media.Opus, SampleRate: 48000, Channels: 2}, Format(media.Opus, []byte{0x7C}))
	require.Equal(t, 8000, Clock(media.G722))
}
