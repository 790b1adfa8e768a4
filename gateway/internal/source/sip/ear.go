package sip

import (
	"callcast/gateway/internal/codec/dtmf"
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// ear hears keys in the sound of a telephone that tells no events. It listens to what is published, which has no holes, in
// the codecs of G.711. A nil ear hears nothing.
type ear struct {
	detector *dtmf.Detector
	pcm      []int16 // of a unit
	keys     string  // heard and not yet taken
}

func newEar() *ear { return &ear{detector: dtmf.NewDetector(audioRate)} }

func (e *ear) hear(u *media.Unit) {
	if e == nil || u.Format.Codec != media.PCMA && u.Format.Codec != media.PCMU {
		return
	}
	e.pcm = g711.Decode(e.pcm[:0], u.Format.Codec, u.Payload)
	e.keys += e.detector.Push(e.pcm)
}

func (e *ear) take() (keys string) {
	if e == nil {
		return ""
	}
	keys, e.keys = e.keys, ""
	return keys
}
