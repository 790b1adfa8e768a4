package rtc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

const (
	session = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	audio   = "m=audio 9 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13\r\na=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n" +
		"a=rtpmap:63 red/48000/2\r\na=rtpmap:9 G722/8000\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=recvonly\r\n"
	video = "m=video 9 UDP/TLS/RTP/SAVPF 96 97 100 102 104 106\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n" +
		"a=rtpmap:100 H264/90000\r\na=fmtp:100 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f\r\n" +
		"a=rtpmap:102 H264/90000\r\na=fmtp:102 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f\r\n" +
		"a=rtpmap:104 H264/90000\r\na=fmtp:104 profile-level-id=42E01F; packetization-mode=1\r\n" +
		"a=rtpmap:106 VP9/90000\r\na=recvonly\r\n"
)

// chosen lists codec and payload type of what is chosen.
func chosen(o *offer, k media.Kind) map[media.Codec]int {
	out := map[media.Codec]int{}
	for _, c := range o.kinds[k] {
		out[c.codec] = int(c.params.PayloadType)
	}
	return out
}

// unknown is a source that has sent nothing yet.
func unknown() (none [media.Kinds]media.Codec) { return none }

func TestOffersAreUnderstood(t *testing.T) {
	all := map[media.Codec]int{media.Opus: 111, media.PCMA: 8, media.PCMU: 0, media.G722: 9}
	pictures := map[media.Codec]int{media.H264: 104, media.VP8: 96}
	none := map[media.Codec]int{}
	for name, tt := range map[string]struct {
		sdp          string
		audio, video map[media.Codec]int
	}{
		"both, of H264 the constrained baseline in mode 1": {session + audio + video, all, pictures},
		"audio alone":                             {session + audio, all, none},
		"video alone":                             {session + video, none, pictures},
		"video of no use":                         {session + audio + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP9/90000\r\n", all, none},
		"both ways":                               {strings.ReplaceAll(session+audio, "recvonly", "sendrecv"), all, none},
		"static types without rtpmap":             {session + "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n", map[media.Codec]int{media.PCMA: 8}, none},
		"another profile if there is no better":   {session + strings.ReplaceAll(video, "42E01F", "64001f"), none, map[media.Codec]int{media.H264: 100, media.VP8: 96}},
		"what cutting codecs out leaves behind":   {strings.ReplaceAll(session+audio+video, "8 13\r\n", "8 \n"), all, pictures},
		"a second section of a kind is ignored":   {session + audio + "m=audio 9 UDP/TLS/RTP/SAVPF 100\r\na=rtpmap:100 opus/48000/2\r\n", all, none},
		"what is not media is left to the answer": {session + audio + "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n", all, none},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := readOffer(tt.sdp, sending(unknown()))
			require.NoError(t, err)
			require.Equal(t, tt.audio, chosen(o, media.Audio))
			require.Equal(t, tt.video, chosen(o, media.Video))
		})
	}
}

func TestSoundOfTheSourceIsPreferred(t *testing.T) {
	for first, want := range map[media.Codec]media.Codec{
		"": media.Opus, media.AAC: media.Opus, media.Opus: media.Opus, media.PCMA: media.PCMA, media.PCMU: media.PCMU,
	} {
		o, err := readOffer(session+audio, sending([media.Kinds]media.Codec{first}))
		require.NoError(t, err)
		require.Equal(t, want, o.kinds[media.Audio][0].codec)
		require.Len(t, o.kinds[media.Audio], 4)
	}
}

// order lists payload types of what is chosen.
func order(o *offer, k media.Kind) (types []int) {
	for _, c := range o.kinds[k] {
		types = append(types, int(c.params.PayloadType))
	}
	return types
}

func TestOffersToSendAreUnderstood(t *testing.T) {
	sends := func(lines string) string { return session + strings.ReplaceAll(lines, "recvonly", "sendonly") }
	vp8 := "m=video 9 UDP/TLS/RTP/SAVPF 96 98\r\na=rtpmap:96 VP8/90000\r\na=rtpmap:98 VP9/90000\r\na=sendonly\r\n"
	for name, tt := range map[string]struct {
		sdp          string
		audio, video []int
	}{
		"sound in the browser's order, H264 in mode 1 before mode 0": {sends(audio + video), []int{111, 9, 0, 8}, []int{100, 104, 102}},
		"both ways":                     {strings.ReplaceAll(session+audio, "recvonly", "sendrecv"), []int{111, 9, 0, 8}, nil},
		"VP8 from who has no H264":      {sends(vp8), nil, []int{96}},
		"H264 of profiles nobody knows": {sends(strings.NewReplacer("42e01f", "f4001f", "42E01F", "f4001f", "42001f", "f4001f").Replace(video)), nil, []int{96}},
		"H264 without parameters":       {sends("m=video 9 UDP/TLS/RTP/SAVPF 97\r\na=rtpmap:97 H264/90000\r\n"), nil, []int{97}},
	} {
		t.Run(name, func(t *testing.T) {
			o, err := readOffer(tt.sdp, receiving())
			require.NoError(t, err)
			require.Equal(t, tt.audio, order(o, media.Audio))
			require.Equal(t, tt.video, order(o, media.Video))
		})
	}
	_, err := readOffer(session+audio+video, receiving())
	require.ErrorIs(t, err, ErrNoCodec, "a browser that only plays")
}

func TestPacketsSentAgainHaveTheirOwnType(t *testing.T) {
	o, err := readOffer(session+video, sending(unknown()))
	require.NoError(t, err)
	require.Zero(t, o.kinds[media.Video][0].rtx)
	require.EqualValues(t, 97, o.kinds[media.Video][1].rtx)
	require.Len(t, o.kinds[media.Video].all(), 3)
}

func TestPicturesOfTheSourceArePreferred(t *testing.T) {
	o, err := readOffer(session+video, sending([media.Kinds]media.Codec{media.Video: media.VP8}))
	require.NoError(t, err)
	require.Equal(t, []int{96, 104}, order(o, media.Video))
}

func TestOffersThatAreRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		sdp  string
		want error
	}{
		"nothing":  {"", ErrMalformed},
		"not SDP":  {"<html>", ErrMalformed},
		"no media": {session, ErrMalformed},
		"no codec": {session + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP9/90000\r\n", ErrNoCodec},
		"H264 in mode 0": {session + "m=video 9 UDP/TLS/RTP/SAVPF 102\r\na=rtpmap:102 H264/90000\r\n" +
			"a=fmtp:102 packetization-mode=0;profile-level-id=42e01f\r\n", ErrNoCodec},
		"too long":            {session + audio + strings.Repeat("a=x\r\n", 20000), ErrMalformed},
		"wants to send":       {session + strings.ReplaceAll(audio, "recvonly", "sendonly"), ErrNoCodec},
		"payload type 300":    {session + "m=audio 9 UDP/TLS/RTP/SAVPF 300\r\na=rtpmap:300 opus/48000/2\r\n", ErrNoCodec},
		"a thousand sections": {session + strings.Repeat(audio, 1000), ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := readOffer(tt.sdp, sending(unknown()))
			require.ErrorIs(t, err, tt.want)
		})
	}
}

func FuzzReadOffer(f *testing.F) {
	f.Add(session + audio + video)
	f.Add(session + "m=audio 9 UDP/TLS/RTP/SAVPF 8 \n")
	f.Add(strings.Repeat("a=fmtp:\n", 9))
	f.Fuzz(func(t *testing.T, sdp string) {
		for _, to := range []intent{sending(unknown()), receiving(), talking(unknown())} {
			o, err := readOffer(sdp, to)
			if err != nil {
				continue
			}
			for _, all := range o.kinds {
				for _, c := range all.all() {
					require.LessOrEqual(t, int(c.PayloadType), 127)
				}
			}
		}
	})
}
