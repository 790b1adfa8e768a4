package interop

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

const (
	videoPhonePage = "sip/phone-video/phone-video.html"
	remotePicture  = "#remoteVideo video"
)

// openVideoPhone opens phone-video.html and waits until it knows its camera.
func (g *gatewayUnderTest) openVideoPhone(t testing.TB, browser *peers.Chromium, server string) *peers.Page {
	t.Helper()
	page := g.openPhone(t, browser, videoPhonePage, server)
	for _, list := range []string{"mic", "camera"} {
		require.Eventually(t, func() bool { return page.Text(t, `document.querySelector("#`+list+`List").value`) != "" }, patience, playbackPoll)
	}
	return page
}

// codeKeyframe has a browser code a whole picture: it does so when it is asked only, and a recording begins with one.
const codeKeyframe = `Promise.all(window.peers.flatMap((peer) => peer.getSenders()).filter((sender) => sender.track?.kind === "video")
	.map((sender) => sender.setParameters(sender.getParameters(), { encodingOptions: [{ keyFrame: true }] })))`

// requireCameraSent fails unless the clip camera and its microphone go to the other side of the gateway's call, as seen
// on the wire.
func (g *gatewayUnderTest) requireCameraSent(t testing.TB, page *peers.Page) {
	t.Helper()
	const length = 6 * time.Second
	var c gateway.Call
	require.Eventually(t, func() bool {
		c = g.onlyCall(t)
		return c.Audio.Remote != "" && c.Video.Remote != ""
	}, patience, playbackPoll, "no media comes from the telephone")
	tap := peers.TapCall(t, c.Audio.Remote, c.Video.Remote, length)
	page.Eval(t, codeKeyframe, nil)
	r, err := content.AnalyseCoded(t.Context(), tap.Recording(t))
	require.NoError(t, err)
	require.Greater(t, r.Frames, int(length.Seconds())*8, "%+v", r)
	require.Less(t, r.Foreign+r.Damaged, r.Frames/10, "%+v", r)
	require.GreaterOrEqual(t, len(r.Flashes), 3, "%+v", r)
	require.GreaterOrEqual(t, len(r.Beeps), 4, "%+v", r)
	require.Zero(t, r.BackwardTimestamps)
}

// waitSlate waits until a page shows only the slate, or none of it.
func waitSlate(t testing.TB, page *peers.Page, yes bool) {
	t.Helper()
	var w peers.Watched
	require.Eventually(t, func() bool {
		w = page.Watch(t, remotePicture, 2*time.Second)
		if yes {
			return w.Frames > 0 && w.Foreign == w.Frames
		}
		return w.Frames > 0 && w.Foreign == 0
	}, patience, playbackPoll, "%+v", &w.Report)
}

// TestSDKPhoneVideo calls in phone-video.html without an account: the clip is seen and heard in the page, whole and in
// sync, and the page's camera and microphone go to the other side. While the call is held the page shows the slate.
func TestSDKPhoneVideo(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	_, server, _ := strings.Cut(phone.URI(), "@")
	page := g.openVideoPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), server)
	page.Click(t, "#sipRegisterRequired") // no more
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#regStatus", "ESTABLISHED")
	callFrom(t, page, "demo")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	waitSlate(t, page, false)
	requireClipShown(t, page, remotePicture)
	g.requireCameraSent(t, page)

	page.Click(t, "#holdBtn")
	g.waitStatus(t, gateway.CallHold)
	waitSlate(t, page, true)
	page.Click(t, "#holdBtn")
	g.waitStatus(t, gateway.CallEstablished)
	waitSlate(t, page, false)
	requireClipShown(t, page, remotePicture)
	g.requireCameraSent(t, page)

	page.Click(t, "#callBtn")
	page.WaitText(t, "#callStatus", "FINISH")
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Calls) == 0 }, patience, playbackPoll)
}

// TestSDKPhoneVideoIncoming has a softphone call phone-video.html: each sees and hears the other.
func TestSDKPhoneVideoIncoming(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute})
	g := startGateway(t)
	page := g.openVideoPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), kamailio.Address())
	registerPhone(t, page)
	phone.Dial(t, "sip:alice@sip.test")
	waitRing(t, page)
	page.Click(t, "#answerBtn")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	requireToneHeard(t, page, remotePicture)
	w := page.Watch(t, remotePicture, 3*time.Second)
	require.Greater(t, w.Frames, 30, "%+v", w.Report)
	require.Equal(t, "640x360", page.Text(t, `(({ videoWidth, videoHeight }) => videoWidth + "x" + videoHeight)(document.querySelector("`+remotePicture+`"))`))
	g.requireCameraSent(t, page)
	phone.Hangup(t)
	page.WaitText(t, "#callStatus", "FINISH")
	g.waitNoCalls(t, phone)
}
