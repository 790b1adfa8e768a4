// Package media holds the nouns that every source, sink and codec share: Codec, Format and Unit. It is a leaf: it
// imports nothing of Callcast and starts nothing.
package media

import "time"

// Kind is audio or video.
type Kind uint8

// The kinds. A stream has at most one source track of each.
const (
	Audio Kind = iota
	Video
	Kinds = 2 // how many there are
)

func (k Kind) String() string {
	if k == Video {
		return "video"
	}
	return "audio"
}

// Codec is an encoding, by its RTP encoding name.
type Codec string

// The codecs.
const (
	PCMA    Codec = "PCMA"
	PCMU    Codec = "PCMU"
	G722    Codec = "G722"
	Speex   Codec = "speex" // 8 kHz
	Speex16 Codec = "speex/16000"
	G729    Codec = "G729"
	AAC     Codec = "AAC"
	Opus    Codec = "opus"
	H264    Codec = "H264"
	VP8     Codec = "VP8"
)

// Kind tells which kind of media the codec carries.
func (c Codec) Kind() Kind {
	if c == H264 || c == VP8 {
		return Video
	}
	return Audio
}

// Format describes the units of a track. It is immutable: a change makes a new Format, so that "has it changed" is
// a pointer comparison.
type Format struct {
	Codec      Codec
	SampleRate int    // audio: samples per second as they sound; G.722: 16000, though its RTP clock is 8000 (RFC 3551)
	Channels   int    // audio
	Config     []byte // AAC: AudioSpecificConfig (ISO 14496-3)
	SPS, PPS   []byte // H264: parameter sets without start code
	Width      int    // video, from the SPS or the VP8 key frame
	Height     int
	Reorders   bool // video: pictures come in another order than they are shown
}

// Unit is one access unit of video or one frame of audio. A published unit is never changed: sinks share it.
//
// The payload of H264 is its slices and SEI as NAL units, each behind a 4-byte big-endian length; parameter sets and
// access unit delimiters are not in it (they are in Format). The payload of AAC is one raw frame without ADTS, that
// of Opus and Speex one packet, that of G.711 and G.722 the coded samples, that of VP8 one frame (RFC 6386).
type Unit struct {
	Format   *Format
	PTS      time.Duration // on the stream's timeline
	DTS      time.Duration // equal to PTS unless the source reorders pictures
	Duration time.Duration // audio: how long it sounds
	Key      bool          // video: decodable on its own. Always true for audio
	Gap      bool          // something before this unit was lost
	Fill     bool          // silence or slate made by the gateway
	Arrived  time.Time     // when its last byte came in, for measuring delay
	Payload  []byte
}

// Kind tells audio from video.
func (u *Unit) Kind() Kind { return u.Format.Codec.Kind() }

// Silence returns n samples of silence in a G.711 law.
func Silence(c Codec, n int) []byte {
	fill := byte(0xD5)
	if c == PCMU {
		fill = 0xFF
	}
	b := make([]byte, n)
	for i := range b {
		b[i] = fill
	}
	return b
}
