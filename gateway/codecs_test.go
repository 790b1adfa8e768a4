package gateway

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseCodecs(t *testing.T) {
	for list, want := range map[string][]string{
		"": nil, " ": nil,
		"PCMA,PCMU,H264":                    {CodecPCMA, CodecPCMU, CodecH264},
		" ulaw , ALAW,Opus,pcmu":            {CodecPCMU, CodecPCMA, CodecOpus},
		"speex16,speex,speex/16000,g722":    {CodecSpeex16, CodecSpeex, CodecG722},
		DefaultConfig().SIP.Codecs + ",vp8": nil,
	} {
		got, err := ParseCodecs("codecs", list)
		require.Nil(t, err, list)
		if want != nil {
			require.Equal(t, want, got)
		}
	}
}

func TestParseCodecsRefuses(t *testing.T) {
	for list, want := range map[string]string{
		"PCMA,,H264": `codecs "": use PCMA, `,
		"PCMA, mp3":  `codecs "mp3": use PCMA, `,
		"H264":       `codecs "H264": calls need a codec for sound: add PCMA or another.`,
	} {
		_, err := ParseCodecs("codecs", list)
		require.NotNil(t, err, list)
		require.Contains(t, err.Message, want)
		require.Equal(t, "codecs", err.Field)
	}
	if !hasG729 {
		_, err := ParseCodecs("codecs", "PCMA,g729")
		require.NotNil(t, err)
		require.Equal(t, `codecs "g729": this build has no G.729: leave it out of the list, or install one that was built with the tag g729.`, err.Message)
	}
	bad := Account{Login: "a", Domain: "example.com", Codecs: "nonsense"}
	require.Equal(t, []complaint{{"codecs", ReasonChoice}}, complaints(bad.Validate()))
}
