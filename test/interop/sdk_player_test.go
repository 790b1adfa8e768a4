package interop

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestSDKPlayer plays a call in player.html: it plays, stops and plays again, a second page plays beside it, one that
// was opened with autoplay begins by itself, and a stream that is not there is said not to be.
func TestSDKPlayer(t *testing.T) {
	const player, video = "streaming/player/player.html", "#remoteVideo video"
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	browser := peers.StartChromium(t)

	page := g.openSDK(t, browser, player, "streamName", "call")
	for range 2 {
		page.Click(t, "#playBtn")
		page.WaitText(t, "#status", "PLAYING")
		requireClipShown(t, page, video)
		require.Equal(t, "640x360", page.Text(t, `stream.videoResolution().width + "x" + stream.videoResolution().height`))
		page.Click(t, "#playBtn")
		page.WaitText(t, "#status", "STOPPED")
		page.WaitText(t, "#playBtn", "Start")
	}
	page.Click(t, "#playBtn")
	page.WaitText(t, "#status", "PLAYING")

	second := g.openSDK(t, browser, player, "streamName", "call", "autoplay", "true")
	second.WaitText(t, "#status", "PLAYING")
	require.Equal(t, "true", second.Text(t, `document.querySelector("`+video+`").muted`), "a page that plays by itself is silent")
	requireClipShown(t, second, video)
	second.Click(t, "#unmuteBtn")
	require.Equal(t, "false", second.Text(t, `document.querySelector("`+video+`").muted`))

	missing := g.openSDK(t, browser, player, "streamName", "nothing")
	missing.Click(t, "#playBtn")
	missing.WaitText(t, "#status", "FAILED")
	missing.WaitText(t, "#info", "Stream not found")

	g.hangUp(t, "call")
	page.WaitText(t, "#status", "STOPPED")
	second.WaitText(t, "#status", "STOPPED")
}

// TestSDKEmbedPlayer plays a call in the player that others put into their pages.
func TestSDKEmbedPlayer(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "call", phone.URI(), nil)
	g.waitFor(t, "call", "status", "ESTABLISHED", patience)
	page := g.openSDK(t, peers.StartChromium(t), "streaming/embed_player/player.html",
		"urlServer", "ws://"+g.ws, "streamName", "call", "mediaProviders", "WebRTC", "autoplay", "true")
	require.Eventually(t, func() bool { return page.Text(t, `playingStream?.status()`) == "PLAYING" }, patience, playbackPoll)
	requireClipShown(t, page, "#remoteVideo video")
	page.Click(t, "#play")
	require.Eventually(t, func() bool { return page.Text(t, `isStopped`) == "true" }, patience, playbackPoll)
	require.Empty(t, page.Read(t, "#status"))
}

// TestSDKTwoPlayers plays two calls side by side over one session.
func TestSDKTwoPlayers(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	page := g.openSDK(t, peers.StartChromium(t), "streaming/2players/2players.html")
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#connectStatus", "ESTABLISHED")
	for _, index := range []string{"1", "2"} {
		g.dial(t, "call"+index, phone.URI(), nil)
		g.waitFor(t, "call"+index, "status", "ESTABLISHED", patience)
		page.Fill(t, "#streamName"+index, "call"+index)
		page.Click(t, "#playBtn"+index)
		page.WaitText(t, "#status"+index, "PLAYING")
	}
	requireClipShown(t, page, "#player1 video")
	requireClipShown(t, page, "#player2 video")
	g.hangUp(t, "call1")
	page.WaitText(t, "#status1", "STOPPED")
	page.WaitText(t, "#status2", "PLAYING")
	requireClipShown(t, page, "#player2 video")
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#connectStatus", "DISCONNECTED")
}
