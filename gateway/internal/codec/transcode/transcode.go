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

// Can reports whether this build converts from one codec to the other. H.264 is made from H.264 too, for those who
// cannot show pictures that come in another order than they are shown.
func (*Transcoder) Can(from, to media.Codec) bool {
	switch {
	case from.Kind() != to.Kind():
		return false
	case isTelephone(from) && isTelephone(to):
		return from != to
	case from == to:
		return available && to == media.H264
	default:
		return available && known(from) && known(to)
	}
}

// Derive makes a converter. The caller closes it.
func (t *Transcoder) Derive(from, to media.Codec) (stream.Converter, error) {
	switch {
	case !t.Can(from, to):
		return nil, noCodec(string(from) + " to " + string(to))
	case isTelephone(from) && isTelephone(to):
		return newLaw(from, to), nil
	case from.Kind() == media.Video:
		return newVideo(from, to)
	default:
		return newAudio(from, to)
	}
}

// Encodes reports whether this build makes a codec, from samples or from pictures.
func Encodes(c media.Codec) bool {
	return isTelephone(c) || available && known(c)
}

func isTelephone(c media.Codec) bool { return c == media.PCMA || c == media.PCMU }

// known tells the codecs that this build decodes and encodes where it has libav.
func known(c media.Codec) bool {
	switch c {
	case media.PCMA, media.PCMU, media.G722, media.Speex, media.Speex16, media.AAC, media.Opus, media.H264, media.VP8:
		return true
	case media.G729:
		return hasG729
	default:
		return false
	}
}

// noCodec says that this build cannot do a conversion.
func noCodec(what string) *gateway.Error {
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonNoDecoder, Field: "codec", Value: what,
		Message: fmt.Sprintf("This build cannot convert %s: install a build with FFmpeg.", what),
	}
}
