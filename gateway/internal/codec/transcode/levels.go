package transcode

import (
	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// levels returns the linear value, -1..1, of each code of a G.711 law.
func levels(law media.Codec) [256]float32 {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	var t [256]float32
	for i, sample := range g711.Decode(nil, law, codes) {
		t[i] = float32(sample) / 32768
	}
	return t
}
