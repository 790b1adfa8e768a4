//go:build cgo && !nolibav

package transcode

import "callcast/gateway/internal/media"

// recipe is how an encoder of sound is opened.
type recipe struct {
	name           string          // libav's; none if the last step makes it
	rate, channels int             // of the encoder
	named          int             // the rate as the format names it
	bits           int             // a second; 0: the encoder's choice
	lag            int             // see SoundEncoder
	last           func() lastStep // makes nil if it cannot
}

// soundRecipe says how samples of a shape become a codec. Telephone sound is not made wider than it is where the codec
// lets it be.
func soundRecipe(to media.Codec, rate, channels int) (recipe, bool) {
	if rate < telephoneRate || rate > 2*studioRate || channels < 1 || channels > 2 {
		return recipe{}, false
	}
	switch to {
	case media.AAC:
		const bits = 64000 // of a channel
		return recipe{name: "aac", rate: studioRate, named: studioRate, channels: channels, bits: bits * channels, lag: 2}, true
	case media.Opus:
		own, bits := opusRecipe(rate, channels)
		last := func() lastStep { return newOpusEncoder(own, channels, bits) }
		return recipe{rate: own, named: studioRate, channels: channels, last: last}, true
	case media.PCMA, media.PCMU:
		last := func() lastStep { return lawEncoder{to} }
		return recipe{rate: telephoneRate, named: telephoneRate, channels: 1, last: last}, true
	case media.G722:
		return recipe{name: "g722", rate: wideRate, named: wideRate, channels: 1}, true
	case media.Speex:
		return recipe{name: "libspeex", rate: telephoneRate, named: telephoneRate, channels: 1, bits: 15200}, true
	case media.Speex16:
		return recipe{name: "libspeex", rate: wideRate, named: wideRate, channels: 1}, true
	default:
		return recipeG729(to)
	}
}

// opusRecipe is the rate that the encoder is fed with, and bits a second: more would add nothing that is in the sound.
func opusRecipe(rate, channels int) (own, bits int) {
	switch {
	case channels == 2:
		return studioRate, 96000
	case rate == telephoneRate:
		return telephoneRate, 32000
	case rate == wideRate:
		return wideRate, 32000
	default:
		return studioRate, 48000
	}
}
