package sdp

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/media"
)

func withCodecs(codecs ...media.Codec) OfferParams {
	p := params(true)
	p.Audio.Codecs = codecs
	return p
}

func TestOfferKeepsTheListsOrder(t *testing.T) {
	golden(t, "offer_codecs.sdp", Offer(withCodecs(media.Opus, media.G722, media.PCMU, media.Speex16, media.Speex, media.G729)))
}

func TestAnswerKeepsTheOfferersOrder(t *testing.T) {
	answer, got, err := AnswerTo(sdp(head,
		"m=audio 4000 RTP/AVP 18 111 9 8 100 101 3",
		"a=rtpmap:111 OPUS/48000/2", "a=rtpmap:100 telephone-event/8000", "a=rtpmap:101 telephone-event/48000",
	), withCodecs(media.PCMA, media.Opus, media.G722))
	require.NoError(t, err)
	golden(t, "answer_codecs.sdp", answer)
	require.Equal(t, []Payload{
		{Type: 111, Codec: media.Opus, ClockRate: 48000}, {Type: 9, Codec: media.G722, ClockRate: 8000}, {Type: 8, Codec: media.PCMA, ClockRate: 8000},
	}, got.Audio.Payloads)
	require.Equal(t, &Payload{Type: 101, ClockRate: 48000}, got.Audio.DTMF, "tones have the clock of the sound")
	require.Equal(t, []gateway.MediaLine{{
		Kind: audio, Reason: gateway.LineNotListed, Theirs: []string{"G729/8000", "payload type 3"},
		Why: "G729/8000, payload type 3: not in the list of codecs",
	}}, got.Unused)
}

func TestAnswerIsHeldToTheOffer(t *testing.T) {
	offer := Offer(withCodecs(media.PCMA, media.Opus, media.Speex16, media.Speex))
	got, err := ParseAnswer(offer, sdp(head,
		"m=audio 4000 RTP/AVP 9 97 101", "a=rtpmap:97 speex/16000", "a=rtpmap:101 telephone-event/16000"))
	require.NoError(t, err)
	require.Equal(t, []Payload{{Type: 97, Codec: media.Speex16, ClockRate: 16000}}, got.Audio.Payloads, "G722 was not offered")
	require.Contains(t, got.Unused, gateway.MediaLine{
		Kind: audio, Reason: gateway.LineNotTaken, Ours: []string{"PCMA", "opus", "speex"},
		Why: "PCMA, opus, speex: not taken by the other side",
	})

	got, err = ParseAnswer(offer, sdp(head, "m=audio 4000 RTP/AVP 9"))
	require.NoError(t, err)
	require.Nil(t, got.Audio)
	require.Contains(t, got.Refused, gateway.MediaLine{
		Kind: audio, Reason: gateway.LineUnmatched, Theirs: []string{"G722/8000"}, Ours: []string{"PCMA", "opus", "speex/16000", "speex"},
		Why: "codecs not matched: G722/8000 => PCMA, opus, speex/16000, speex",
	})
}

func TestVideoWithoutACodecIsRefused(t *testing.T) {
	local := params(true)
	local.Video.Codecs = nil
	answer, got, err := AnswerTo(sdp(head, "m=audio 4000 RTP/AVP 8", "m=video 4002 RTP/AVP 98", "a=rtpmap:98 H264/90000"), local)
	require.NoError(t, err)
	require.Contains(t, string(answer), "m=video 0 RTP/AVP 98")
	require.Nil(t, got.Video)
	require.Equal(t, []gateway.MediaLine{{Kind: video, Reason: gateway.LineNoCodecs, Why: "the list of codecs has none for it"}}, got.Refused)
}
