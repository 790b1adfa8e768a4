package interop

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// catchMessages is a script that keeps the sockets of a page and what the gateway tells it.
const catchMessages = `
	window.told = [];
	window.sockets = [];
	window.WebSocket = class extends WebSocket {
		constructor(...where) {
			super(...where);
			window.sockets.push(this);
			this.addEventListener("message", ({ data }) => window.told.push(JSON.parse(data)));
		}
	};`

// pageTold is the statuses that a page was told in messages of one name, oldest first.
func pageTold(t testing.TB, page *peers.Page, message string) (statuses []string) {
	t.Helper()
	page.Eval(t, fmt.Sprintf(`told.filter((one) => one.message === %q).map(({ data }) => data[0].status)`, message), &statuses)
	return statuses
}

// waitTold waits until a page was told these statuses, and no others.
func waitTold(t testing.TB, page *peers.Page, message string, want ...string) {
	t.Helper()
	require.Eventually(t, func() bool {
		return strings.Join(pageTold(t, page, message), " ") == strings.Join(want, " ")
	}, patience, playbackPoll, "%s is not %v", message, want)
}

// requireOneDescription fails unless a page was sent one session description: it takes no second one for a call.
func requireOneDescription(t testing.TB, page *peers.Page) {
	t.Helper()
	require.Len(t, pageTold(t, page, "setRemoteSDP"), 1)
}

// openPhoneAt opens phone.html without a registrar: it calls who is at an address.
func (g *gatewayUnderTest) openPhoneAt(t testing.TB, address string) *peers.Page {
	t.Helper()
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, address)
	page.Click(t, "#sipRegisterRequired") // no more
	page.Click(t, "#connectBtn")
	page.WaitText(t, "#regStatus", "ESTABLISHED")
	return page
}

// writeTone writes a few seconds of a tone in one of the laws of G.711, alaw or mulaw, for SIPp to repeat.
func writeTone(t testing.TB, law string, frequency float64) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "tone")
	out, err := exec.CommandContext(t.Context(), "ffmpeg", "-v", "error", "-f", "lavfi",
		"-i", fmt.Sprintf("sine=frequency=%v:sample_rate=8000:duration=5", frequency), "-af", "volume=4", "-f", law, path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return path
}

// requireHeardBy fails unless a tone is in what somebody heard.
func requireHeardBy(t testing.TB, file string, frequency, least float64) {
	t.Helper()
	share, err := content.Tone(t.Context(), file, frequency)
	require.NoError(t, err)
	require.Greater(t, share, least, "%v Hz in %s", frequency, filepath.Base(file))
}

// TestSDKPhoneTransfer transfers a call in Phone.html: the page is told that the first target does not take it, and the call
// goes on; then that the second does. The two softphones hear each other.
func TestSDKPhoneTransfer(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	bob := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute})
	carol := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "carol", Play: 2 * time.Minute, Tone: injectTone})
	g := startGateway(t)
	page := g.openPhoneUI(t, peers.StartChromium(t, peers.ClipCamera(t)...), kamailio.Address())
	callPhoneUI(t, page, "bob")
	requireToneHeard(t, page, phoneUIPicture)

	transferPhoneUI(t, page, g, "nobody")
	waitTold(t, page, "notifyTransferEvent", "PENDING", "FAILED")
	page.Click(t, ".voice_call__play")
	g.waitStatus(t, gateway.CallEstablished)
	requireToneHeard(t, page, phoneUIPicture)
	require.Equal(t, gateway.TransferFailed, g.onlyCall(t).Transfer.Status)

	transferPhoneUI(t, page, g, "carol")
	waitTold(t, page, "notifyTransferEvent", "PENDING", "FAILED", "PENDING", "COMPLETED")
	waitTold(t, page, "finish", "FINISH")
	waitShown(t, page, phoneUITalk, false)
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Calls) == 0 }, patience, playbackPoll)
	carol.WaitCall(t, "ESTABLISHED")
	time.Sleep(5 * time.Second) // they talk
	bob.Hangup(t)
	bob.WaitCall(t, "no active calls")
	requireHeardBy(t, bob.Heard(t), injectTone, 0.5)
	requireHeardBy(t, carol.Heard(t), phoneTone, 0.5)
}

// TestSDKPhoneAttendedTransfer asks carol in a second call of the page, and then connects bob with her: she hears him in
// place of the page, whose calls are over.
func TestSDKPhoneAttendedTransfer(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	bob := peers.StartLinphone(t, peers.LinphoneParams{Registrar: kamailio.Address(), User: "bob"})
	carol := peers.StartLinphone(t, peers.LinphoneParams{Registrar: kamailio.Address(), User: "carol", Tone: injectTone})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	requireToneHeard(t, page, remoteSound)

	page.Eval(t, `window.first = currentCall; first.holdForTransfer()`, nil)
	waitTold(t, page, "hold", "HOLD")
	page.Fill(t, "#callee", "carol")
	page.Eval(t, `call()`, nil)
	waitTold(t, page, "talk", "ESTABLISHED", "ESTABLISHED")
	require.Eventually(t, func() bool { return page.Text(t, `currentCall.status()`) == "ESTABLISHED" }, patience, playbackPoll)
	page.Eval(t, `first.transfer("carol")`, nil)
	waitTold(t, page, "notifyTransferEvent", "PENDING", "COMPLETED")
	waitTold(t, page, "finish", "FINISH", "FINISH")
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Calls) == 0 }, patience, playbackPoll)
	time.Sleep(5 * time.Second) // they talk
	bob.Hangup(t)
	requireHeardBy(t, bob.Heard(t), injectTone, 0.3)
	requireHeardBy(t, carol.Heard(t), phoneTone, 0.3)
}

// TestSDKPhoneEarlyMedia: what a callee plays before it answers is heard in the page, and then what it plays after.
func TestSDKPhoneEarlyMedia(t *testing.T) {
	peer := callee(t, "early", map[string]any{
		"NoVideo": true, "Audio": writeTone(t, "alaw", musicTone), "Answered": writeTone(t, "alaw", injectTone), "Plays": 25000,
	})
	g := startGateway(t)
	page := g.openPhoneAt(t, peer.Address())
	callFrom(t, page, "callee")
	waitTold(t, page, "ring", "SESSION_PROGRESS")
	requireHeard(t, page, remoteSound, musicTone)
	require.Empty(t, pageTold(t, page, "talk"), "it has not answered yet")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	waitTold(t, page, "ring", "SESSION_PROGRESS", "RING_MEDIA")
	requireHeard(t, page, remoteSound, injectTone)
	requireOneDescription(t, page)
	page.Click(t, "#callBtn")
	page.WaitText(t, "#callStatus", "FINISH")
	peer.Finished(t, patience)
}

// TestSDKPhoneCodecChanges: a re-INVITE goes from A-law to mu-law while the page talks. The page is told nothing of it, hears what
// comes then, and is heard.
func TestSDKPhoneCodecChanges(t *testing.T) {
	peer := callee(t, "script", script(
		map[string]any{"First": sound(1), "Sound": writeTone(t, "alaw", musicTone)},
		[]step{{Request: "INFO"}, {Reply: "200 OK"}},
		offer("INVITE", sound(2, "MuLaw", "yes")),
		[]step{{Play: fmt.Sprintf(`rtp_stream="%s,-1,0,PCMU/8000"`, writeTone(t, "mulaw", injectTone))}},
	))
	g := startGateway(t)
	page := g.openPhoneAt(t, peer.Address())
	callFrom(t, page, "callee")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	requireHeard(t, page, remoteSound, musicTone)
	require.Greater(t, g.beepsSent(t), 0.7, "what sounds like neither tone; a browser that hears them cuts beeps into pieces")
	page.Eval(t, `currentCall.sendDTMF("1", "INFO")`, nil) // which it waits for
	require.Eventually(t, func() bool { return g.onlyCall(t).Audio.Codec == "PCMU" }, patience, playbackPoll)
	requireHeard(t, page, remoteSound, injectTone)
	require.Greater(t, g.beepsSent(t), 0.7)
	requireOneDescription(t, page)
	waitTold(t, page, "talk", "ESTABLISHED")
	page.Click(t, "#callBtn")
	page.WaitText(t, "#callStatus", "FINISH")
	peer.Finished(t, patience)
}

// requirePassedOn fails unless the plan of a stream says that somebody listens to its sound as it came, in this codec.
func requirePassedOn(t testing.TB, g *gatewayUnderTest, stream, codec string) {
	t.Helper()
	status, text := g.post(t, "/stream/find", map[string]any{"name": stream, "published": true})
	require.Equal(t, http.StatusOK, status, "%s", text)
	var found []struct {
		Plan []struct {
			Kind, Codec string
			From        *string
			Readers     int
		}
	}
	require.NoError(t, json.Unmarshal(text, &found))
	require.Len(t, found, 1)
	sounds := 0
	for _, track := range found[0].Plan {
		if track.Kind == "audio" {
			sounds++
			require.Equal(t, codec, track.Codec)
			require.Nil(t, track.From, "converted")
			require.Positive(t, track.Readers)
		}
	}
	require.Equal(t, 1, sounds, "%s", text)
}

// TestSDKPhonePassesOn: a page talks with a softphone in a codec that browsers have as well. Its sound is passed on as it is, each
// hears the other, and the keys that the softphone presses are told.
func TestSDKPhonePassesOn(t *testing.T) {
	for _, codec := range []struct{ list, theirs string }{{"opus", "opus/48000/2"}, {"G722", "G722/16000/1"}} {
		t.Run(codec.list, func(t *testing.T) {
			kamailio := peers.StartKamailio(t)
			phone := peers.StartBaresip(t, peers.BaresipParams{
				Registrar: kamailio.Address(), User: "bob", Play: time.Minute, Codecs: codec.theirs,
			})
			g := startGateway(t, func(c *gateway.Config) { c.SIP.Codecs = codec.list + ",PCMA,H264" })
			page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
			registerPhone(t, page)
			callFrom(t, page, "bob")
			page.WaitText(t, "#callStatus", "ESTABLISHED")
			requireToneHeard(t, page, remoteSound)
			requirePassedOn(t, g, g.onlyCall(t).Stream, codec.list)

			phone.Press(t, "12*#")
			g.waitFor(t, g.onlyCall(t).ID, "digits", "12*#", patience)
			page.Click(t, "#callBtn")
			page.WaitText(t, "#callStatus", "FINISH")
			g.waitNoCalls(t, phone)
			requireBeepsHeard(t, phone, 2)
		})
	}
}

// TestSDKPhoneRegistrars: a page whose registrar refuses it, or does not answer, is disconnected and can try another.
func TestSDKPhoneRegistrars(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	forbids := callee(t, "forbid", nil)
	silent, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = silent.Close() }()
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t), phonePage, forbids.Address())
	for _, registrar := range []struct{ address, words string }{
		{forbids.Address(), "403"},
		{silent.LocalAddr().String(), ""},
	} {
		fillAccount(t, page, registrar.address)
		page.Eval(t, `told.length = 0`, nil)
		page.Click(t, "#connectBtn")
		require.Eventually(t, func() bool {
			return len(pageTold(t, page, "fail")) > 0 && page.Read(t, "#regStatus") == "DISCONNECTED"
		}, 3*patience, playbackPoll)
		require.Contains(t, page.Text(t, `JSON.stringify(told.filter(({ message }) => message === "fail"))`), registrar.words)
		require.Equal(t, []string{"FAILED"}, pageTold(t, page, "fail"))
		require.Eventually(t, func() bool { return len(g.api.Snapshot().Registrations) == 0 }, patience, playbackPoll)
	}
	fillAccount(t, page, kamailio.Address())
	registerPhone(t, page)
}

// TestSDKPhoneUnregisters: a page that logs out, and one that is closed, are no longer known to the registrar at once.
func TestSDKPhoneUnregisters(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	g := startGateway(t)
	for _, leave := range []string{`Flashphoner.getSessions()[0].disconnect()`, `location.href = "about:blank"`} {
		page := g.openPhoneUI(t, peers.StartChromium(t), kamailio.Address())
		require.True(t, kamailio.Bound(t, "alice"))
		page.Eval(t, leave, nil)
		require.Eventually(t, func() bool { return !kamailio.Bound(t, "alice") }, patience, playbackPoll)
		// The registrar forgets it before its answer is here.
		require.Eventually(t, func() bool { return len(g.api.Snapshot().Registrations) == 0 }, patience, playbackPoll)
	}
}

// comeBack has a page of phone.html connect with the token of a session, and take the call that it is offered.
func comeBack(t testing.TB, page *peers.Page, token string) {
	t.Helper()
	page.Fill(t, "#authToken", token)
	page.Click(t, "#connectTokenBtn")
	page.WaitText(t, "#regStatus", "REGISTERED")
	waitRing(t, page)
	page.Click(t, "#answerBtn")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
}

// TestSDKPhoneComesBack: a page that loses its socket in a call, and one that is loaded anew, is offered the call when it connects with
// its token, and talks in it again. The softphone has one call all the time.
func TestSDKPhoneComesBack(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	token := page.Text(t, `document.querySelector("#authToken").value`)
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	requireToneHeard(t, page, remoteSound)
	id := g.onlyCall(t).ID

	page.Eval(t, `sockets[0].close()`, nil)
	page.WaitText(t, "#regStatus", "DISCONNECTED")
	comeBack(t, page, token)
	require.InDelta(t, 1, g.beepsSent(t), 0.3)

	page.Reload(t)
	page.WaitText(t, "#connectTokenBtn", "Connect with token")
	comeBack(t, page, token)
	requireToneHeard(t, page, remoteSound)
	require.InDelta(t, 1, g.beepsSent(t), 0.3)
	require.Equal(t, id, g.onlyCall(t).ID)

	page.Click(t, "#hangupBtn")
	page.WaitText(t, "#callStatus", "FINISH")
	g.waitNoCalls(t, phone)
	require.Len(t, g.api.Snapshot().Registrations, 1)
}

// TestSDKPhoneStaysAway: the call of a page that is closed goes on for the time that its session is kept, and then it ends and the account
// is registered no more.
func TestSDKPhoneStaysAway(t *testing.T) {
	const kept = time.Minute
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 3 * time.Minute})
	g := startGateway(t)
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	requireToneHeard(t, page, remoteSound)
	gone := time.Now()
	page.Eval(t, `location.href = "about:blank"`, nil)
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Calls) == 0 }, kept+patience, playbackPoll)
	require.Greater(t, time.Since(gone), kept-time.Second)
	g.waitNoCalls(t, phone)
	require.Eventually(t, func() bool { return !kamailio.Bound(t, "alice") }, patience, playbackPoll)
}

// TestSDKSIPAsRTMP calls a softphone in sip-as-rtmp.html, the first of these pages.
func TestSDKSIPAsRTMP(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute})
	g := startGateway(t)
	page := g.openSDK(t, peers.StartChromium(t), "sip/sip-as-rtmp/sip-as-rtmp.html")
	fillSIPAt(t, page, g.rest+"/RESTCall", phone, nginx.URL("rec"), "one")
	page.WaitText(t, "#player", nginx.URL("rec")+"/rtmp_one")
	time.Sleep(3 * time.Second) // on air
	hangUpSIP(t, page)
	requirePhoneRecorded(t, nginx, "rtmp_one")
}

// TestSDKConference: webrtc_sip_conference.html makes its call and then wants a mixer, which there is none of. It is told so at
// once, and ends the call.
func TestSDKConference(t *testing.T) {
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute})
	g := startGateway(t)
	const host = "gateway.test"
	browser := peers.StartChromium(t, fmt.Sprintf("--host-resolver-rules=MAP %s:8081 %s , MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", host, strings.TrimPrefix(g.rest, "http://")))
	page := g.openSDK(t, browser, "streaming/webrtc_sip_conference/webrtc_sip_conference.html")
	history := g.watch(t)
	config, err := json.Marshal(map[string]any{
		"wcs": host,
		"sipAsRtmp": map[string]any{
			"ext": "bob", "login": "gw", "password": "secret", "domain": "127.0.0.1", "outboundProxy": "127.0.0.1",
			"port": fmt.Sprint(phone.Port), "registerRequired": "false", "toStream": "sip",
		},
		"mixer": map[string]any{"uri": "mixer://room", "name": "room"},
	})
	require.NoError(t, err)
	page.Fill(t, "#config", string(config))
	page.Click(t, "#startBtn")
	page.WaitText(t, "#failed", "true")
	require.Equal(t, "ACTIVE", page.Read(t, "#sipAsRtmp"))
	last := g.ending(t, history, page.Text(t, `config.sipAsRtmp.callId`), patience)
	require.Equal(t, gateway.EndLocal, last.Ending.Reason, "the page hung up")
	g.waitNoCalls(t, phone)
}
