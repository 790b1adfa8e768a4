package voice

import (
	"time"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/opus"
	"callcast/gateway/internal/codec/speex"
	"callcast/gateway/internal/media"
)

// Rates, a second.
const (
	narrow = 8000
	wide   = 16000
	full   = 48000
)

// Clock is the rate of a codec's RTP clock: that of its samples, but for G.722 half of them (RFC 3551 section 4.5.2).
func Clock(c media.Codec) int {
	switch c {
	case media.Opus:
		return full
	case media.Speex16:
		return wide
	default:
		return narrow
	}
}

// Divisible reports whether every byte of a codec is one tick of its clock, so that packets may be cut and joined anywhere.
func Divisible(c media.Codec) bool { return IsLaw(c) || c == media.G722 }

// IsLaw reports whether a codec is a law of G.711.
func IsLaw(c media.Codec) bool { return c == media.PCMA || c == media.PCMU }

// Duration is how long a packet sounds, 0 if it is not one.
func Duration(c media.Codec, packet []byte) time.Duration {
	switch c {
	case media.Opus:
		return opus.Duration(packet)
	case media.Speex, media.Speex16:
		return speex.Duration(packet)
	case media.G729:
		return g729(packet)
	default:
		return clock.Duration(int64(len(packet)), narrow)
	}
}

// g729 is the length of frames of 10 bytes, the last of which may be a description of noise (RFC 3551 section 4.5.6).
func g729(packet []byte) time.Duration {
	const (
		frame = 10 * time.Millisecond
		size  = 10
		noise = 2
	)
	n := time.Duration(len(packet) / size)
	switch len(packet) % size {
	case 0:
		return n * frame
	case noise:
		return (n + 1) * frame
	default:
		return 0
	}
}

// Format describes what is in a packet.
func Format(c media.Codec, packet []byte) media.Format {
	f := media.Format{Codec: c, SampleRate: Clock(c), Channels: 1}
	const stereo = 0x04 // in the first byte of Opus (RFC 6716 section 3.1)
	switch {
	case c == media.G722:
		f.SampleRate = wide
	case c == media.Opus && len(packet) > 0 && packet[0]&stereo != 0:
		f.Channels = 2
	}
	return f
}
