package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// TestPicturesOfCalls are those of the account's list, else of everybody's, in that order. VP8 is not among them where nobody
// could make H.264 of it.
func TestPicturesOfCalls(t *testing.T) {
	e := start(t, loopback())
	vp8 := transcode.Encodes(media.VP8)
	for list, want := range map[string][]media.Codec{
		"":              {media.H264, media.VP8},
		"VP8,PCMA,H264": {media.VP8, media.H264},
		"PCMA,H264":     {media.H264},
		"PCMA":          nil,
	} {
		var can []media.Codec
		for _, c := range want {
			if c != media.VP8 || vp8 {
				can = append(can, c)
			}
		}
		require.Equal(t, can, e.codecs(gateway.Account{Codecs: list})[media.Video], list)
	}
}
