package webrtc

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/opus"
	"callcast/gateway/internal/media"
)

// sound is what a packet of audio tells of itself.
type sound struct {
	sampleRate int
	channels   int
	duration   time.Duration
}

// stereo is the bit of an Opus packet's first byte that says so (RFC 6716 section 3.1).
const stereo = 0x04

// listen reads a packet as far as its form goes. It is false for one that cannot be played.
func listen(c media.Codec, payload []byte) (sound, bool) {
	switch c {
	case media.Opus:
		channels := 1
		if len(payload) > 0 && payload[0]&stereo != 0 {
			channels = 2
		}
		length := opus.Duration(payload)
		return sound{48000, channels, length}, length > 0
	case media.G722: // 64 kbit/s: one byte for two samples (RFC 3551 section 4.5.2)
		return sound{16000, 1, clock.Duration(int64(len(payload)), 8000)}, len(payload) > 0
	default:
		return sound{8000, 1, clock.Duration(int64(len(payload)), 8000)}, len(payload) > 0
	}
}
