package transcode

import (
	"fmt"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

var _ stream.Deriver = (*Transcoder)(nil)

// Transcoder makes converters between codecs.
type Transcoder struct{}

// New makes a Transcoder.
func New() *Transcoder { return &Transcoder{} }

// Can reports whether this build converts from one codec to the other.
func (*Transcoder) Can(from, to media.Codec) bool {
	telephone := from == media.PCMA || from == media.PCMU
	return available && (telephone && to == media.AAC || (telephone || from == media.AAC) && to == media.Opus)
}

// Derive makes a converter. The caller closes it.
func (t *Transcoder) Derive(from, to media.Codec) (stream.Converter, error) {
	if !t.Can(from, to) {
		return nil, noCodec(string(from) + " to " + string(to))
	}
	if to == media.Opus {
		return newOpus(from)
	}
	return newAAC(from)
}

// noCodec says that this build cannot do a conversion.
func noCodec(what string) *gateway.Error {
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonNoDecoder, Field: "codec", Value: what,
		Message: fmt.Sprintf("This build cannot convert %s: install a build with FFmpeg.", what),
	}
}
