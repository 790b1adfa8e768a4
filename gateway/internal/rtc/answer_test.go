package rtc

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

const (
	numbered = "a=extmap:4 " + transportNumber + "\r\na=rtcp-fb:111 transport-cc\r\na=rtcp-fb:100 transport-cc\r\na=rtcp-fb:100 nack\r\n" +
		"a=rtcp-fb:100 nack pli\r\na=rtcp-fb:100 ccm fir\r\na=rtcp-fb:100 goog-remb\r\n"
	grouped = "a=group:BUNDLE 0 1\r\n"
)

// both is an offer of sound and pictures, complete as a browser makes it.
func both(direction string) string {
	lines := func(section, mid string) string {
		section = strings.Replace(strings.Replace(section, "recvonly", direction, 1), " 13\r\n", "\r\n", 1)
		section = strings.Replace(section, " 106\r\n", "\r\n", 1)
		section = strings.Replace(section, "a=rtpmap:106 VP9/90000\r\n", "", 1)
		return section + numbered + strings.Replace(browserLines, "a=mid:0", "a=mid:"+mid, 1)
	}
	return session + grouped + lines(audio, "0") + lines(video, "1")
}

// formats are the payload types of a section of an answer, in their order.
func formats(answer, kind string) string {
	_, rest, _ := strings.Cut(answer, "m="+kind+" 9 UDP/TLS/RTP/SAVPF ")
	types, _, _ := strings.Cut(rest, "\r\n")
	return types
}

// TestAnswerNamesWhatIsWantedFirst: browsers send the first codec of an answer.
func TestAnswerNamesWhatIsWantedFirst(t *testing.T) {
	e := listenFor(t, Params{})
	p, answer, err := e.Receive(t.Context(), both("sendonly"))
	require.NoError(t, err)
	defer p.Close()
	require.Equal(t, "111 9 0 8", formats(answer, "audio"))
	require.Equal(t, "100 104 102", formats(answer, "video"))
	require.Equal(t, 2, strings.Count(answer, "a=recvonly"))
	require.Equal(t, 2, strings.Count(answer, "a=extmap:4 "+transportNumber))
	for _, feedback := range []string{"111 transport-cc", "100 transport-cc", "100 nack\r\n", "100 nack pli", "100 ccm fir"} {
		require.Contains(t, answer, "a=rtcp-fb:"+feedback)
	}
	require.NotContains(t, answer, "remb")
	require.True(t, p.Has(media.Audio) && p.Has(media.Video))
}

func TestAnswerToOneWhoPlaysHasWhatWillBeSent(t *testing.T) {
	e := listenFor(t, Params{})
	p, answer, err := e.Answer(t.Context(), both("recvonly"), [media.Kinds]media.Codec{media.G722, media.VP8}, "s")
	require.NoError(t, err)
	defer p.Close()
	require.Equal(t, "9 111 8 0", formats(answer, "audio"))
	require.Equal(t, "96 97 104", formats(answer, "video"))
	require.Equal(t, 2, strings.Count(answer, "a=sendonly"))
	require.Contains(t, answer, "a=fmtp:97 apt=96")
	require.Contains(t, answer, "a=ssrc-group:FID ")
	require.NotContains(t, answer, "transport-cc", "nobody would listen")
	require.NotContains(t, answer, transportNumber)
}

// TestStreamIsNamedInOneWord: browsers refuse an answer in which the name of the stream has blanks.
func TestStreamIsNamedInOneWord(t *testing.T) {
	e := listenFor(t, Params{})
	p, answer, err := e.Answer(t.Context(), both("recvonly"), unknown(), "my stream №1")
	require.NoError(t, err)
	defer p.Close()
	require.Equal(t, 2, strings.Count(answer, "a=msid:my+stream+%E2%84%961 "))
	require.NotContains(t, answer, "my stream")
}
