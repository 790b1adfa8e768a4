// Package video puts the pictures of a source together whatever their codec is, for sources that are told the codec by
// each packet.
//
// A Depacketiser belongs to the one goroutine that feeds it.
package video

import (
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/vp8"
	"callcast/gateway/internal/media"
)

type (
	// Packet is what goes in. These are the same for both codecs.
	Packet = h264.Packet
	// Picture is what comes out.
	Picture = h264.Picture
	// Counters tell what became of the rest.
	Counters = h264.Counters
)

// Depacketiser puts pictures together from RTP payloads, as that of its codec does.
type Depacketiser interface {
	Push(p Packet)
	// AwaitKey drops the picture in hand and withholds the following ones until a key picture.
	AwaitKey()
	NeedKey() bool
	Counters() Counters
	// AddSets takes parameter sets that came in the session description. VP8 has none.
	AddSets(nals ...[]byte)
}

// NewDepacketiser returns the depacketiser of a codec, which hands pictures to emit from within Push.
func NewDepacketiser(c media.Codec, emit func(Picture)) Depacketiser {
	if c == media.VP8 {
		return ofVP8{vp8.NewDepacketiser(func(p vp8.Picture) { emit(Picture(p)) })}
	}
	return h264.NewDepacketiser(emit)
}

type ofVP8 struct{ *vp8.Depacketiser }

func (ofVP8) AddSets(...[]byte)    {}
func (d ofVP8) Push(p Packet)      { d.Depacketiser.Push(vp8.Packet(p)) }
func (d ofVP8) Counters() Counters { return Counters(d.Depacketiser.Counters()) }
