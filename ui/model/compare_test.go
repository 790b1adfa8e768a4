package model

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func described(sent bool, start, sdp string) gateway.SIPMessage {
	return gateway.SIPMessage{Sent: sent, Start: start, SDP: sdp}
}

func TestExchanges(t *testing.T) {
	l := gateway.Ladder{Messages: []gateway.SIPMessage{
		described(true, "INVITE sip:b SIP/2.0", "offer 1"),
		described(false, "SIP/2.0 183 Session Progress", "early answer"),
		described(false, "SIP/2.0 200 OK", "answer 1"),
		described(true, "ACK sip:b SIP/2.0", ""),
		described(false, "INVITE sip:a SIP/2.0", ""), // leaves the offer to us
		described(true, "SIP/2.0 200 OK", "offer 2"),
		described(false, "ACK sip:a SIP/2.0", "answer 2"),
		described(true, "INVITE sip:b SIP/2.0", "offer 3"),
		described(false, "SIP/2.0 488 Not Acceptable Here", ""),
		described(true, "BYE sip:b SIP/2.0", ""),
	}}
	var got [][2]string
	for _, e := range Exchanges(l) {
		got = append(got, [2]string{e.Offer, e.Answer})
	}
	require.Equal(t, [][2]string{{"offer 1", "answer 1"}, {"offer 2", "answer 2"}, {"offer 3", ""}}, got)
	e, ok := ExchangeOf(l, 5)
	require.True(t, ok)
	require.Equal(t, "offer 2", e.Offer)
	require.True(t, e.OfferSent)
	e, ok = ExchangeOf(l, -1)
	require.True(t, ok)
	require.Equal(t, "offer 3", e.Offer)
	_, ok = ExchangeOf(gateway.Ladder{}, -1)
	require.False(t, ok)
}

func TestCompareAlignsCodecsByName(t *testing.T) {
	pairs := Compare(Exchange{
		Offer: "v=0\r\nm=audio 1000 RTP/AVP 0 97 98\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:97 opus/48000/2\r\n" +
			"a=rtpmap:98 speex/16000\r\na=fmtp:97 useinbandfec=1\r\na=sendrecv\r\nm=video 1002 RTP/AVP 99\r\na=rtpmap:99 VP8/90000\r\n",
		Answer: "v=0\nm=audio 2000 RTP/AVP 111 0\na=rtpmap:111 OPUS/48000/2\na=rtpmap:0 PCMU/8000/1\na=fmtp:111 stereo=0\na=recvonly\na=ptime:20\nm=video 0 RTP/AVP 99\n",
	}, []gateway.MediaLine{
		{Kind: "video", Reason: gateway.LineDeclined, Why: "no"}, {Kind: "audio", Reason: gateway.LineNotTaken, Ours: []string{"speex/16000"}, Why: "no"},
	})
	require.Equal(t, []Pair{
		{Offer: "v=0", Answer: "v=0"},
		{Offer: "m=audio 1000 RTP/AVP 0 97 98", Answer: "m=audio 2000 RTP/AVP 111 0", Words: "taken", Tone: ToneGood},
		{Offer: "a=rtpmap:0 PCMU/8000", Answer: "a=rtpmap:0 PCMU/8000/1", Words: "taken", Tone: ToneGood},
		{Offer: "a=rtpmap:97 opus/48000/2", Answer: "a=rtpmap:111 OPUS/48000/2", Words: "taken", Tone: ToneGood},
		{Offer: "a=rtpmap:98 speex/16000", Words: "refused: speex/16000: not taken by the other side", Tone: ToneWaiting},
		{Offer: "a=fmtp:97 useinbandfec=1", Answer: "a=fmtp:111 stereo=0"},
		{Offer: "a=sendrecv", Answer: "a=recvonly"},
		{Answer: "a=ptime:20"},
		{Offer: "m=video 1002 RTP/AVP 99", Answer: "m=video 0 RTP/AVP 99", Words: "refused: the other side does not want it (port 0)", Tone: ToneBad},
		{Offer: "a=rtpmap:99 VP8/90000"},
	}, pairs)
}

// TestCompareOfACodecOfferedTwice: H.264 is often offered in two packetisation modes, of which one is taken.
func TestCompareOfACodecOfferedTwice(t *testing.T) {
	pairs := Compare(Exchange{
		Offer:  "m=video 1002 RTP/AVP 96 97\na=rtpmap:96 H264/90000\na=rtpmap:97 H264/90000\na=fmtp:96 mode=0\na=fmtp:97 mode=1\n",
		Answer: "m=video 2002 RTP/AVP 97\na=rtpmap:97 H264/90000\na=fmtp:97 mode=1\n",
	}, nil)
	require.Equal(t, []Pair{
		{Offer: "m=video 1002 RTP/AVP 96 97", Answer: "m=video 2002 RTP/AVP 97", Words: "taken", Tone: ToneGood},
		{Offer: "a=rtpmap:96 H264/90000", Words: "refused: not in the answer", Tone: ToneWaiting},
		{Offer: "a=rtpmap:97 H264/90000", Answer: "a=rtpmap:97 H264/90000", Words: "taken", Tone: ToneGood},
		{Offer: "a=fmtp:96 mode=0"},
		{Offer: "a=fmtp:97 mode=1", Answer: "a=fmtp:97 mode=1"},
	}, pairs)
}

// TestCompareTakesAnything: what is compared was written by strangers.
func TestCompareTakesAnything(t *testing.T) {
	for _, hostile := range []string{"", "\r\n", "m=", "m=\nm=", "a=rtpmap:\na=rtpmap:8\na=fmtp:", "=", "m=audio\na=rtpmap:8 \n", strings.Repeat("a=fmtp:8\n", 7000)} {
		require.NotPanics(t, func() {
			Compare(Exchange{Offer: hostile, Answer: hostile}, nil)
			Compare(Exchange{Offer: hostile}, nil)
			Compare(Exchange{Offer: "m=audio 1 x 8", Answer: hostile}, nil)
		}, "%q", hostile)
	}
}

func TestRungsOfAnything(t *testing.T) {
	for start, want := range map[string]struct {
		words string
		tone  Tone
	}{
		"INVITE sip:b SIP/2.0":           {"INVITE", ToneIdle},
		"SIP/2.0 401 Unauthorized":       {"401 Unauthorized", ToneWaiting},
		"SIP/2.0 486 Busy Here":          {"486 Busy Here", ToneBad},
		"SIP/2.0 200 OK":                 {"200 OK", ToneGood},
		"CANCEL sip:b SIP/2.0":           {"CANCEL", ToneBad},
		"":                               {"", ToneIdle},
		"SIP/2.0 ":                       {"", ToneIdle},
		"SIP/2.0 x\x1b[2J\u202e\xff bad": {"x·[2J·· bad", ToneIdle},
	} {
		m := gateway.SIPMessage{Start: start}
		require.Equal(t, want.words, RungWords(m), "%q", start)
		require.Equal(t, want.tone, RungTone(m), "%q", start)
	}
}
