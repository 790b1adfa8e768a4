//go:build cgo && !nolibav && !g729

package transcode

import "callcast/gateway/internal/media"

func newG729() (pcm, error) { return nil, noCodec(string(media.G729) + " to samples") }

func recipeG729(media.Codec) (recipe, bool) { return recipe{}, false }
