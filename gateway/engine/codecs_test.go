package engine

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

func TestListsOfCodecs(t *testing.T) {
	for _, tt := range []struct {
		everybody, own string
		audio, video   []media.Codec
	}{
		{"PCMU,H264,PCMA", "", []media.Codec{media.PCMU, media.PCMA}, []media.Codec{media.H264}},
		{"PCMU,H264", "alaw", []media.Codec{media.PCMA}, nil},
		{"", "", []media.Codec{media.PCMA, media.PCMU, media.G722, media.Opus}, []media.Codec{media.H264, media.VP8}},
	} {
		e := &Engine{config: gateway.Config{SIP: gateway.SIPConfig{Codecs: tt.everybody}}}
		var audio []media.Codec
		for _, c := range tt.audio {
			if transcode.Encodes(c) {
				audio = append(audio, c)
			}
		}
		got := e.codecs(gateway.Account{Codecs: tt.own})
		require.Equal(t, audio, got[media.Audio])
		require.Equal(t, tt.video, got[media.Video])
		require.Equal(t, audio[0], telephone(got)[media.Audio])
	}
	require.Empty(t, telephone([media.Kinds][]media.Codec{media.Audio: {media.PCMA}})[media.Video], "no codec, no pictures")
}
