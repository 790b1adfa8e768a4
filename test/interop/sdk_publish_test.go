package interop

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
)

const playbackPoll = 50 * time.Millisecond

// connectSDK has a page open its session.
func connectSDK(t testing.TB, page *peers.Page) {
	t.Helper()
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#connectStatus", "ESTABLISHED")
}

// TestSDKTwoWay publishes a camera in two_way_streaming.html and plays it back in the same page.
func TestSDKTwoWay(t *testing.T) {
	g := startGateway(t)
	browser := peers.StartChromium(t, peers.ClipCamera(t)...)
	page := g.openSDK(t, browser, "streaming/two_way_streaming/two_way_streaming.html")
	connectSDK(t, page)

	page.Fill(t, "#playStream", "camera")
	page.Click(t, "#availableBtn")
	page.WaitText(t, "#availableStatus", "UNAVAILABLE")
	page.Fill(t, "#publishStream", "camera")
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#publishStatus", "PUBLISHING")
	page.Click(t, "#availableBtn")
	page.WaitText(t, "#availableStatus", "AVAILABLE")
	page.Click(t, "#playBtn")
	page.WaitText(t, "#playStatus", "PLAYING")
	requireCameraShown(t, page, "#remoteVideo video")

	page.Fill(t, "#streamData", `{"count": 42}`)
	page.Click(t, "#sendDataBtn")
	require.Eventually(t, func() bool { return strings.Contains(page.Read(t, "#receivedData"), `{"count":42}`) }, patience, playbackPoll)

	const published = `Flashphoner.getSessions()[0].getStreams().find((s) => s.published())`
	page.Eval(t, published+`.muteAudio()`, nil)
	page.WaitConsole(t, "audioMuted")
	require.Eventually(t, func() bool { // what is on its way still sounds
		return len(page.Watch(t, "#remoteVideo video", 2*time.Second).Beeps) == 0
	}, patience, playbackPoll)
	page.Eval(t, published+`.unmuteAudio()`, nil)
	page.WaitConsole(t, "audioUnmuted")
	requireCameraShown(t, page, "#remoteVideo video")

	other := g.openSDK(t, browser, "streaming/two_way_streaming/two_way_streaming.html")
	connectSDK(t, other)
	other.Fill(t, "#publishStream", "camera")
	other.Click(t, "#publishBtn")
	other.WaitText(t, "#publishStatus", "FAILED")
	other.WaitText(t, "#publishInfo", "Server already has a publish stream with the same name, try using different one")

	page.Click(t, "#playBtn")
	page.WaitText(t, "#playStatus", "STOPPED")
	page.Click(t, "#playBtn")
	page.WaitText(t, "#playStatus", "PLAYING")
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#publishStatus", "UNPUBLISHED")
	page.WaitText(t, "#playStatus", "STOPPED")
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Streams) == 0 }, patience, playbackPoll)
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#connectStatus", "DISCONNECTED")
}

// TestSDKRecordingPage publishes in recording.html, whose address names the stream. Nothing is recorded, and no link to
// a recording is offered.
func TestSDKRecordingPage(t *testing.T) {
	g := startGateway(t)
	page := g.openSDK(t, peers.StartChromium(t, peers.ClipCamera(t)...), "streaming/stream_recording/recording.html")
	page.Fill(t, "#url", "ws://"+g.ws+"/taped")
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#status", "PUBLISHING")
	require.Eventually(t, func() bool { return g.stream(t, "taped").Live }, patience, playbackPoll)
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#status", "UNPUBLISHED")
	require.Equal(t, "none", page.Text(t, `document.querySelector("#downloadDiv").style.display`))
}

// TestSDKAutoRestore breaks the connection of stream-auto-restore.html: it comes back by itself and plays on.
func TestSDKAutoRestore(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	front := peers.StartFront(t, g.ws)
	page := g.openSDK(t, peers.StartChromium(t), "streaming/stream-auto-restore/stream-auto-restore.html")
	page.Fill(t, "#urlServer", "ws://"+front.Address)
	page.Fill(t, "#playStream", "call")
	connectSDK(t, page)
	page.Click(t, "#playBtn")
	page.WaitText(t, "#playStatus", "PLAYING")
	requireClipShown(t, page, "#remoteVideo video")

	front.Cut()
	page.WaitText(t, "#playStatus", "FAILED")
	page.WaitText(t, "#playStatus", "PLAYING")
	page.WaitText(t, "#connectStatus", "ESTABLISHED")
	requireClipShown(t, page, "#remoteVideo video")
	require.Eventually(t, func() bool { return len(g.stream(t, "call").Sinks) == 1 }, 2*patience, playbackPoll, "the gateway lets the old one go")
}

// TestSDKDevices publishes and plays in the page that shows every setting of the camera and the microphone.
func TestSDKDevices(t *testing.T) {
	g := startGateway(t)
	page := g.openSDK(t, peers.StartChromium(t, peers.ClipCamera(t)...), "streaming/media_devices_manager/media_device_manager.html")
	connectSDK(t, page)
	for _, list := range []string{"audioInput", "videoInput"} {
		require.Eventually(t, func() bool {
			return page.Text(t, `document.querySelector("#`+list+`").value`) != ""
		}, patience, playbackPoll, list)
	}
	page.Fill(t, "#sendWidth", "320")
	page.Fill(t, "#sendHeight", "240")
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#publishStatus", "PUBLISHING")
	page.Click(t, "#playBtn")
	page.WaitText(t, "#playStatus", "PLAYING")
	requireCameraShown(t, page, "#remoteVideo video")
	page.Click(t, "#playBtn")
	page.WaitText(t, "#playStatus", "STOPPED")
	page.Click(t, "#publishBtn")
	page.WaitText(t, "#publishStatus", "UNPUBLISHED")
}
