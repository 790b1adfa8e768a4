package engine

import (
	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// codecs is what calls of an account may be made with: its own list, or everybody's, without what this build cannot make;
// if nothing is left of it, G.711.
func (e *Engine) codecs(a gateway.Account) (by [media.Kinds][]media.Codec) {
	list := a.Codecs
	if list == "" {
		list = e.config.SIP.Codecs
	}
	if list == "" {
		list = gateway.DefaultConfig().SIP.Codecs
	}
	names, _ := gateway.ParseCodecs("codecs", list) // both lists were checked
	for _, name := range names {
		c := media.Codec(name)
		if c == media.H264 || transcode.Encodes(c) {
			by[c.Kind()] = append(by[c.Kind()], c)
		}
	}
	if len(by[media.Audio]) == 0 {
		by[media.Audio] = []media.Codec{media.PCMA, media.PCMU}
	}
	return by
}

// telephone is what calls with these codecs carry, as far as it is known before they are answered.
func telephone(codecs [media.Kinds][]media.Codec) (wants [media.Kinds]media.Codec) {
	for kind, list := range codecs {
		if len(list) > 0 {
			wants[kind] = list[0]
		}
	}
	return wants
}
