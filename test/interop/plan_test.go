package interop

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// made is the conversion of a stream to a codec, zero if there is none.
func (g *gatewayUnderTest) made(t testing.TB, stream, codec string) gateway.Track {
	t.Helper()
	for _, track := range g.stream(t, stream).Tracks {
		if track.Codec == codec && track.From != "" {
			return track
		}
	}
	return gateway.Track{}
}

// requireWhole fails unless a recording is the clip, picture by picture, in sync.
func requireWhole(t testing.TB, path string) {
	t.Helper()
	r := analyse(t, path)
	require.Zero(t, r.Damaged+r.Foreign+r.Skipped+r.Repeated+r.BackwardTimestamps, "%+v", r)
	requireInSync(t, r, 5)
}

// TestBrowserThatTakesVP8Only: the call's H264 is encoded anew for it, once for two of them, and no longer when they
// have left; the stream says so.
func TestBrowserThatTakesVP8Only(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	want := peers.Viewing{Video: true, VP8: true, Audio: "PCMA", Record: 8 * time.Second}
	v, second := peers.StartViewer(t, g.rest+"/whep/call", want), peers.StartViewer(t, g.rest+"/whep/call", peers.Viewing{Video: true, VP8: true})
	requireWhole(t, v.Recording(t))
	track := g.made(t, "call", "VP8")
	require.Equal(t, "H264", track.From)
	require.Equal(t, 2, track.Readers)
	require.Equal(t, "webrtc does not take H264", track.Why)
	require.Positive(t, track.CPUPercent)
	v.Close()
	second.Close()
	require.Eventually(t, func() bool { return g.made(t, "call", "VP8") == gateway.Track{} }, 2*patience, 50*time.Millisecond)
}

// TestNothingIsPassedOn: with disable_streaming_proxy pictures are encoded anew though the receiver takes them.
func TestNothingIsPassedOn(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t, func(c *gateway.Config) { c.Media.Transcode = true })
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	v := peers.StartViewer(t, g.rest+"/whep/call", peers.Viewing{Video: true, Audio: "PCMA", Record: 8 * time.Second})
	requireWhole(t, v.Recording(t))
	require.Equal(t, "disable_streaming_proxy is set", g.made(t, "call", "H264").Why)
}

// TestReorderedPictures: what a program publishes with B-frames goes to RTMP as it is, and to browsers in order.
func TestReorderedPictures(t *testing.T) {
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	peers.PublishClip(t, "rtmp://"+g.rtmp+"/live/obs", "-bf", "2", "-g", "50", "-b:v", "1500k")
	require.Eventually(t, func() bool { return g.stream(t, "obs").Live }, 2*patience, 20*time.Millisecond)
	id := g.pushTo(t, "obs", nginx.URL("rec"), nil)
	v := peers.StartViewer(t, g.rest+"/whep/obs", peers.Viewing{Video: true, Audio: "opus", Record: 8 * time.Second})
	requireWhole(t, v.Recording(t))
	require.Contains(t, g.made(t, "obs", "H264").Why, "reorders")
	require.Equal(t, 1, g.made(t, "obs", "H264").Readers, "the push is not among them")
	g.ok(t, "/push/terminate", map[string]any{"mediaSessionId": id})
	require.Eventually(t, func() bool { return g.push(id).ID == "" }, patience, 20*time.Millisecond)
	r := analyse(t, nginx.Recordings(t, "rtmp_obs")[0])
	require.Zero(t, r.Damaged+r.Foreign+r.Repeated+r.BackwardTimestamps, "%+v", r)
	require.LessOrEqual(t, r.Skipped, 2, "at its end, those that are shown before the last one: %+v", r)
	requireInSync(t, r, 5)
}

// TestLateViewersOfALongGroup joins what a program publishes with a key picture every ten seconds, at twenty moments: each
// sees its first picture within half a second, by the median.
func TestLateViewersOfALongGroup(t *testing.T) {
	g := startGateway(t)
	peers.PublishClip(t, "rtmp://"+g.rtmp+"/live/long", "-bf", "0", "-g", "250", "-keyint_min", "250", "-sc_threshold", "0")
	require.Eventually(t, func() bool { return g.stream(t, "long").Live }, 2*patience, 20*time.Millisecond)
	var waits []time.Duration
	for range 20 {
		asked := time.Now()
		v := peers.StartViewer(t, g.rest+"/whep/long", peers.Viewing{Video: true})
		require.Eventually(t, func() bool { return !v.FirstPicture().IsZero() }, 2*patience, time.Millisecond)
		waits = append(waits, v.FirstPicture().Sub(asked))
		v.Close()
	}
	slices.Sort(waits)
	t.Logf("first picture after %v (median), %v (worst)", waits[10], waits[19])
	require.Less(t, waits[10], 500*time.Millisecond)
}

// TestPublisherInABrowser shows what a program publishes in the player page of a real browser.
func TestPublisherInABrowser(t *testing.T) {
	g := startGateway(t)
	peers.PublishClip(t, "rtmp://"+g.rtmp+"/live/obs", "-bf", "2", "-g", "50", "-b:v", "1500k")
	page := peers.StartChromium(t).Open(t, g.rest+"/play/obs")
	requireState(t, page, "playing")
	requireClipShown(t, page, "#video")
	require.Equal(t, "opus", page.Text(t, `document.getElementById("sound").textContent`))
}

// TestAudioOnlyCallInAnyPlayer: a call without a picture plays in a player that asks for one.
func TestAudioOnlyCallInAnyPlayer(t *testing.T) {
	phone := startPhone(t, demophone.Params{NoVideo: true})
	g := startGateway(t, func(c *gateway.Config) { c.Media.SlateWithoutVideo = false })
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	page := g.openSDK(t, peers.StartChromium(t), "streaming/player/player.html", "streamName", "call")
	page.Click(t, "#playBtn")
	page.WaitText(t, "#status", "PLAYING")
	w := page.Watch(t, "#remoteVideo video", 5*time.Second)
	require.Zero(t, w.Frames)
	require.GreaterOrEqual(t, len(w.Beeps), 4, "%+v", w.Report)
	require.Empty(t, g.stream(t, "call").Video.Codec)
}

// TestBrowserThatCannotBeReached gets its answer, and is told when no media has come; the name it held is free again.
func TestBrowserThatCannotBeReached(t *testing.T) {
	g := startGateway(t)
	c := peers.DialSDK(t, g.ws)
	offer := strings.ReplaceAll(peers.Offer(t), "a=recvonly", "a=sendonly")
	c.Send(t, "publishStream", map[string]any{"mediaSessionId": "one", "name": "cam", "published": true, "mediaProvider": "WebRTC", "sdp": offer})
	var id string
	require.NoError(t, json.Unmarshal(c.Await(t, "setRemoteSDP", patience)[0], &id))
	require.Equal(t, "one", id)

	other := peers.DialSDK(t, g.ws)
	other.Send(t, "publishStream", map[string]any{"mediaSessionId": "two", "name": "cam", "published": true, "mediaProvider": "WebRTC", "sdp": offer})
	status, info := other.Status(t, "two", patience)
	require.Equal(t, "FAILED: Stream name is already in use", status+": "+info)
	for sdp, want := range map[string]string{
		"hello": "Failed by error", offer + strings.Repeat("a=x\r\n", 14000): "Failed by error",
		"v=0\r\no=- 1 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 AV1/90000\r\n": "No common codecs",
	} {
		other.Send(t, "playStream", map[string]any{"mediaSessionId": "three", "name": "cam", "mediaProvider": "WebRTC", "sdp": sdp})
		status, info = other.Status(t, "three", patience)
		require.Equal(t, "FAILED: "+want, status+": "+info)
	}
	status, info = c.Status(t, "one", 3*patience)
	require.Equal(t, "FAILED: Failed by ICE timeout", status+": "+info)
	require.Empty(t, g.api.Snapshot().Streams)
}
