package engine

import (
	"slices"
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
		{"PCMU,H264", "PCMA,VP8,H264", []media.Codec{media.PCMA}, []media.Codec{media.VP8, media.H264}},
		{"", "", []media.Codec{media.PCMA, media.PCMU, media.G722, media.Opus}, []media.Codec{media.H264, media.VP8}},
	} {
		e := &Engine{config: gateway.Config{SIP: gateway.SIPConfig{Codecs: tt.everybody}}}
		unmade := func(c media.Codec) bool { return c != media.H264 && !transcode.Encodes(c) }
		audio, video := slices.DeleteFunc(tt.audio, unmade), slices.DeleteFunc(tt.video, unmade)
		got := e.codecs(gateway.Account{Codecs: tt.own})
		require.Equal(t, audio, got[media.Audio])
		require.Equal(t, video, got[media.Video])
		require.Equal(t, audio[0], telephone(got)[media.Audio])
	}
	require.Empty(t, telephone([media.Kinds][]media.Codec{media.Audio: {media.PCMA}})[media.Video], "no codec, no pictures")
}
