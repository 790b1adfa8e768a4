package sdp

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func withPictures(codecs ...media.Codec) OfferParams {
	p := params(true)
	p.Video.Codecs = codecs
	return p
}

// TestPicturesAreOfferedInOrder of preference.
func TestPicturesAreOfferedInOrder(t *testing.T) {
	for line, codecs := range map[string][]media.Codec{
		"RTP/AVP 112 113 114\r\n": {media.H264, media.VP8},
		"RTP/AVP 114 112 113\r\n": {media.VP8, media.H264},
		"RTP/AVP 114\r\n":         {media.VP8},
	} {
		offer := string(Offer(withPictures(codecs...)))
		require.Contains(t, offer, "m=video 31024 "+line)
		require.Contains(t, offer, "a=rtpmap:114 VP8/90000\r\n")
		require.Equal(t, strings.Contains(line, "112"), strings.Contains(offer, "H264"))
	}
}

// TestAnswerHasOneCodecOfPictures: that which the other side likes best, of those that may be.
func TestAnswerHasOneCodecOfPictures(t *testing.T) {
	offer := sdp(head, "m=video 4002 RTP/AVP 97 96 98",
		"a=rtpmap:97 vp8/90000", "a=fmtp:97 max-fr=30; max-fs=3600", "a=rtpmap:96 H264/90000",
		"a=rtpmap:98 H264/90000", "a=fmtp:98 packetization-mode=1")
	for _, tt := range []struct {
		ours []media.Codec
		want Payload
	}{
		{[]media.Codec{media.H264, media.VP8}, Payload{Type: 97, Codec: media.VP8, ClockRate: 90000}},
		{[]media.Codec{media.VP8}, Payload{Type: 97, Codec: media.VP8, ClockRate: 90000}},
		{[]media.Codec{media.H264}, Payload{Type: 98, Codec: media.H264, ClockRate: 90000, PacketizationMode: 1}},
	} {
		answer, a, err := AnswerTo(offer, withPictures(tt.ours...))
		require.NoError(t, err)
		require.Equal(t, []Payload{tt.want}, a.Video.Payloads)
		require.Equal(t, 1, strings.Count(string(answer), "a=rtpmap:"))

		theirs, err := ParseAnswer(offer, answer)
		require.NoError(t, err)
		require.Equal(t, []Payload{tt.want}, theirs.Video.Payloads, "the other side reads it as it was meant")
	}
	_, a, err := AnswerTo(offer, withPictures())
	require.NoError(t, err)
	require.Nil(t, a.Video)
}
