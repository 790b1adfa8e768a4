//go:build g729

package interop

import "callcast/gateway"

func linphoneCodecs() []linphoneCodec {
	return []linphoneCodec{{"speex", gateway.CodecSpeex}, {"speex16", gateway.CodecSpeex16}, {"G729", gateway.CodecG729}}
}
