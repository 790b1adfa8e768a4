package interop

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// Tones of these tests, each from elsewhere. The softphone's own is that of peers.StartBaresip.
const (
	phoneTone  = 1000
	musicTone  = 440
	injectTone = 600
)

// fillSIP fills in what the sip-as-rtmp pages ask for, and has them call.
func fillSIP(t testing.TB, page *peers.Page, g *gatewayUnderTest, phone *peers.Baresip, rtmpURL, name string) {
	t.Helper()
	fillSIPAt(t, page, g.rest+"/rest-api", phone, rtmpURL, name)
}

// fillSIPAt does so for a page that asks another part of the REST interface.
func fillSIPAt(t testing.TB, page *peers.Page, rest string, phone *peers.Baresip, rtmpURL, name string) {
	t.Helper()
	for field, value := range map[string]string{
		"restUrl": rest, "sipLogin": "gw", "sipAuthenticationName": "gw", "sipPassword": "secret",
		"sipDomain": "127.0.0.1", "sipOutboundProxy": "127.0.0.1", "sipPort": fmt.Sprint(phone.Port), "callee": "bob",
		"rtmpUrl": rtmpURL, "rtmpStream": name,
	} {
		page.Fill(t, "#"+field, value)
	}
	page.Click(t, "#hasAudio")
	page.Click(t, "#hasVideo")
	page.Click(t, "#callBtn")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	page.WaitText(t, "#callBtn", "Hangup")
	page.Fill(t, "#dtmf", "42#")
	page.Click(t, "#dtmfBtn")
	phone.WaitTones(t, "42#")
}

// hangUpSIP ends the call in the page.
func hangUpSIP(t testing.TB, page *peers.Page) {
	t.Helper()
	page.Click(t, "#callBtn")
	page.WaitText(t, "#callStatus", "FINISHED")
	page.WaitText(t, "#callBtn", "Call")
}

// TestSDKSIPAsRTMP3 calls a softphone in sip-as-rtmp-3.html, which names the RTMP server with the call.
func TestSDKSIPAsRTMP3(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute})
	g := startGateway(t)
	page := peers.StartChromium(t).Open(t, peers.ServeSDK(t)+"/examples/demo/sip/sip-as-rtmp-3/sip-as-rtmp-3.html")
	fillSIP(t, page, g, phone, nginx.URL("rec"), "three")
	page.WaitText(t, "#player", nginx.URL("rec")+"/rtmp_three")
	hangUpSIP(t, page)
	requirePhoneRecorded(t, nginx, "rtmp_three")
}

// requirePhoneRecorded fails unless a recording is the softphone's picture and tone.
func requirePhoneRecorded(t testing.TB, nginx *peers.Nginx, name string) {
	t.Helper()
	files := nginx.Recordings(t, name)
	require.Len(t, files, 1)
	r := analyse(t, files[0])
	require.Greater(t, r.VideoDuration, time.Second)
	require.Greater(t, r.Frames, int(20*r.VideoDuration.Seconds()))
	require.Zero(t, r.BackwardTimestamps)
	share, err := content.Tone(t.Context(), files[0], phoneTone)
	require.NoError(t, err)
	require.Greater(t, share, 0.9)
}

// withMusic gives a gateway the sound file that the pages ask for.
func withMusic(t testing.TB) func(*gateway.Config) {
	t.Helper()
	dir := t.TempDir()
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", fmt.Sprintf("sine=frequency=%d:duration=60", musicTone),
		"-af", "volume=4", filepath.Join(dir, "sample.wav")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return func(cfg *gateway.Config) { cfg.Media.SoundDir = dir }
}

// rtmpTone is how much of a second or two of what an RTMP server has now is a tone.
func rtmpTone(t testing.TB, address string, frequency float64) float64 {
	t.Helper()
	path := filepath.Join(t.TempDir(), "piece.flv")
	require.NoError(t, content.Record(t.Context(), address, path, 2*time.Second))
	share, err := content.Tone(t.Context(), path, frequency)
	require.NoError(t, err)
	require.NoError(t, os.Remove(path))
	return share
}

// pushFromPage works the switches of a push: the softphone's tone, silence, music, the tone again.
func pushFromPage(t testing.TB, page *peers.Page, address string) {
	t.Helper()
	hears := func(frequency float64, yes bool) {
		t.Helper()
		require.EventuallyWithT(t, func(c *assert.CollectT) {
			share := rtmpTone(t, address, frequency)
			if yes {
				assert.Greater(c, share, 0.9, "%v Hz", frequency)
			} else {
				assert.Less(c, share, 0.1, "%v Hz", frequency)
			}
		}, 3*patience, playbackPoll)
	}
	page.Click(t, "#startRtmp")
	page.WaitText(t, "#startRtmp", "Stop")
	page.WaitText(t, "#player", address)
	hears(phoneTone, true)
	page.Click(t, "#mute")
	hears(phoneTone, false)
	page.Click(t, "#mute")
	hears(phoneTone, true)
	page.Click(t, "#music")
	hears(musicTone, true)
	page.Click(t, "#music")
	hears(phoneTone, true)
	require.Empty(t, page.Read(t, "#restStatus"))
}

// TestSDKSIPAsRTMP2 works each button of sip-as-rtmp-2.html.
func TestSDKSIPAsRTMP2(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: 3 * time.Minute})
	g := startGateway(t, withMusic(t))
	page := g.openSDK(t, peers.StartChromium(t), "sip/sip-as-rtmp-2/sip-as-rtmp-2.html")
	fillSIP(t, page, g, phone, nginx.URL("live"), "two")
	pushFromPage(t, page, nginx.URL("live")+"/rtmp_two")
	page.Click(t, "#startRtmp")
	page.WaitText(t, "#startRtmp", "Start")
	hangUpSIP(t, page)
}

// TestSDKSIPAsRTMP4 works each button of sip-as-rtmp-4.html but those of the mixer.
func TestSDKSIPAsRTMP4(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: 4 * time.Minute})
	g := startGateway(t, withMusic(t))
	page := g.openSDK(t, peers.StartChromium(t), "sip/sip-as-rtmp-4/sip-as-rtmp-4.html")
	fillSIP(t, page, g, phone, nginx.URL("live"), "four")
	pushFromPage(t, page, nginx.URL("live")+"/rtmp_four")

	source := nginx.URL("live") + "/elsewhere"
	peers.PublishTone(t, source, injectTone)
	const status, pull = ".text-muted.sourceRtmpUrl1", "#sourceRtmp1 button"
	page.Fill(t, "#sourceRtmpUrl1", source)
	page.Click(t, pull)
	page.WaitText(t, status, "PROCESSED_REMOTE")
	page.Fill(t, "#injectStream", source)
	page.Click(t, "#injectStreamBtn")
	require.Eventually(t, func() bool {
		return page.Text(t, `document.querySelector("#injectStreamBtn").classList.contains("btn-danger")`) == "true"
	}, patience, playbackPoll)
	time.Sleep(5 * time.Second) // on air
	page.Click(t, pull)
	page.WaitText(t, status, "STOPPED")

	page.Click(t, "#startRtmp")
	page.WaitText(t, "#startRtmp", "Start")
	hangUpSIP(t, page)
	share, err := content.Tone(t.Context(), phone.Heard(t), injectTone)
	require.NoError(t, err)
	require.Greater(t, share, 0.02, "the softphone heard what was put into the call")
}
