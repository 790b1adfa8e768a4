package interop

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestClipInABrowsersPlace plays a call by WHEP, with sound copied and with sound encoded: pictures and beeps of the
// clip arrive whole and in sync.
func TestClipInABrowsersPlace(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "clip", phone.URI(), nil)
	g.waitFor(t, "clip", "status", "ESTABLISHED", patience)
	for _, audio := range []string{"PCMA", "opus"} {
		t.Run(audio, func(t *testing.T) {
			v := peers.StartViewer(t, g.rest+"/whep/clip", peers.Viewing{Video: true, Audio: audio, Record: 8 * time.Second})
			r := analyse(t, v.Recording(t))
			require.Zero(t, r.Damaged+r.Foreign+r.Skipped+r.Repeated+r.BackwardTimestamps, "%+v", r)
			requireInSync(t, r, 5)
		})
	}
}

// TestLateViewers joins a call at twenty moments: each sees its first picture within half a second, by the median.
func TestLateViewers(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "late", phone.URI(), nil)
	g.waitFor(t, "late", "status", "ESTABLISHED", patience)
	var waits []time.Duration
	for range 20 {
		asked := time.Now()
		v := peers.StartViewer(t, g.rest+"/whep/late", peers.Viewing{Video: true, Audio: "PCMA"})
		require.Eventually(t, func() bool { return !v.FirstPicture().IsZero() }, patience, time.Millisecond)
		waits = append(waits, v.FirstPicture().Sub(asked))
		require.Equal(t, http.StatusOK, v.Leave(t))
		select {
		case <-v.Gone:
		case <-time.After(patience):
			require.FailNow(t, "the gateway does not let go of who has left")
		}
	}
	slices.Sort(waits)
	t.Logf("first picture after %v (median), %v (worst)", waits[10], waits[19])
	require.Less(t, waits[10], 500*time.Millisecond)
	require.Eventually(t, func() bool { return len(g.stream(t, "late").Sinks) == 0 }, patience, 20*time.Millisecond)
}

// TestOffersOnTheWire: what REST answers to those who cannot be served.
func TestOffersOnTheWire(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	const head = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"
	for name, tt := range map[string]struct {
		stream, offer string
		status        int
		says          string
	}{
		"no such stream": {"nothing", head, http.StatusNotFound, "Stream not found"},
		"not SDP":        {"call", "hello", http.StatusBadRequest, "not a session description"},
		"no ICE":         {"call", head + "m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n", http.StatusBadRequest, "not a session description"},
		"only AV1":       {"call", head + "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 AV1/90000\r\n", http.StatusBadRequest, "No common codecs"},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := http.Post(g.rest+"/whep/"+tt.stream, "application/sdp", strings.NewReader(tt.offer))
			require.NoError(t, err)
			defer func() { _ = res.Body.Close() }()
			text, err := io.ReadAll(res.Body)
			require.NoError(t, err)
			require.Equal(t, tt.status, res.StatusCode, "%s", text)
			require.Contains(t, string(text), tt.says)
		})
	}
	require.Empty(t, g.stream(t, "call").Sinks)
}

// TestPublishedSoundInOpus plays what a program publishes over RTMP: its AAC is encoded anew.
func TestPublishedSoundInOpus(t *testing.T) {
	g := startGateway(t)
	peers.PublishTone(t, "rtmp://"+g.rtmp+"/live/tone", 1000)
	require.Eventually(t, func() bool { return g.stream(t, "tone").Live }, patience, 20*time.Millisecond)
	v := peers.StartViewer(t, g.rest+"/whep/tone", peers.Viewing{Audio: "opus", Record: 3 * time.Second})
	share, err := content.Tone(t.Context(), v.Recording(t), 1000)
	require.NoError(t, err)
	require.Greater(t, share, 0.95)
}

// stream is the snapshot of a stream, zero if there is none.
func (g *gatewayUnderTest) stream(t testing.TB, name string) gateway.Stream {
	t.Helper()
	for _, s := range g.api.Snapshot().Streams {
		if s.Name == name {
			return s
		}
	}
	return gateway.Stream{}
}
