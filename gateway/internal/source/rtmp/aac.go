package rtmp

import (
	"errors"
	"slices"

	"callcast/gateway/internal/media"
)

// aacFrame is the samples in an AAC frame.
const aacFrame = 1024

var errAAC = errors.New("bad AAC description")

// aacFormat reads an AudioSpecificConfig (ISO 14496-3 section 1.6.2.1) as far as a stream needs it: rate and channels
// of the core, whatever extension follows.
func aacFormat(config []byte) (*media.Format, error) {
	const explicitRate, shortest, maxConfig, longType = 15, 2, 64, 31
	if len(config) < shortest || len(config) > maxConfig || config[0]>>3 == longType {
		return nil, errAAC
	}
	index := config[0]&7<<1 | config[1]>>7
	rates := [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}
	f := &media.Format{Codec: media.AAC, Config: slices.Clone(config), Channels: int(config[1] >> 3 & 0x0F)}
	switch {
	case int(index) < len(rates):
		f.SampleRate = rates[index]
	case index == explicitRate && len(config) >= 5:
		f.SampleRate = int(config[1]&0x7F)<<17 | int(config[2])<<9 | int(config[3])<<1 | int(config[4]>>7)
		f.Channels = int(config[4] >> 3 & 0x0F)
	}
	if f.Channels == 0 && len(config) > shortest {
		f.Channels = 2 // they stand one by one in what follows, for the decoder; nobody else asks for more than two
	}
	if f.SampleRate < 1000 || f.SampleRate > 192000 || f.Channels == 0 || f.Channels > 8 {
		return nil, errAAC
	}
	return f, nil
}
