package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestCallInVP8 calls a softphone that speaks VP8 and whose camera is the demo clip. At RTMP, in H.264, and at a browser, as
// they came, its pictures move as they should; so do those of an injected H.264 call, on the wire and on its screen.
func TestCallInVP8(t *testing.T) {
	nginx := peers.StartNginx(t)
	clip := startPhone(t, demophone.Params{})
	phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: 2 * time.Minute, VP8: true})
	g := startGateway(t)
	g.dial(t, "clip", clip.URI(), nil)
	g.dial(t, "vp8", direct(phone.Port), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "vp8"})
	g.waitFor(t, "vp8", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", 2*patience)
	require.Eventually(t, func() bool { _, ok := phone.Sees(t); return !ok }, patience, playbackPoll, "it sees the slate")
	g.ok(t, "/call/inject_stream", map[string]any{"callId": "vp8", "streamName": "clip"})
	requireMoves(t, phone)

	c := g.call(t, "vp8")
	require.Equal(t, "VP8", c.Video.Codec)
	require.Equal(t, 640, c.Video.Width)
	r := analyseCoded(t, peers.TapVP8Call(t, c.Audio.Remote, c.Video.Remote, 6*time.Second).Recording(t))
	t.Logf("into the call: %+v", r)
	requireClipMoves(t, r, 4*time.Second)
	requireInSync(t, r, 3)

	viewer := peers.StartViewer(t, g.rest+"/whep/vp8", peers.Viewing{Video: true, VP8: true, Record: 5 * time.Second})
	r = analyseCoded(t, viewer.Recording(t))
	t.Logf("at a browser: %+v", r)
	requireClipMoves(t, r, 4*time.Second)

	require.Zero(t, g.call(t, "vp8").Video.Damaged, "%+v", g.call(t, "vp8").Video)
	g.hangUp(t, "vp8")
	files := nginx.Recordings(t, "rtmp_vp8")
	require.Len(t, files, 1)
	r = analyseCoded(t, files[0])
	t.Logf("at RTMP: %+v", r)
	requireClipMoves(t, r, 10*time.Second)
	require.Zero(t, r.AudioHoles)
	requirePhoneTone(t, files[0])
}

// TestCameraPutInLater: a softphone that calls takes its camera out of the call and puts it back. A browser that watches, the
// same all the time, sees the clip, the slate and the clip, and the sound has no hole.
func TestCameraPutInLater(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute, VP8: true})
	g := startGateway(t)
	g.register(t, "alice", kamailio.Address())
	phone.Dial(t, "sip:alice@sip.test")
	id := g.answer(t)
	g.waitVideo(t, id, true)

	viewer := peers.StartViewer(t, g.rest+"/whep/"+id, peers.Viewing{Video: true, VP8: true, Audio: "PCMA", Record: 14 * time.Second})
	time.Sleep(4 * time.Second) // pictures
	phone.Turn(t, "inactive")
	g.waitVideo(t, id, false)
	time.Sleep(4 * time.Second) // the slate
	phone.Turn(t, "sendrecv")
	g.waitVideo(t, id, true)
	recording := viewer.Recording(t)
	r := analyseCoded(t, recording)
	t.Logf("%+v", r)
	require.Less(t, r.LongestVideoGap, 3500*time.Millisecond, "the slate is there at once, the picture when it comes")
	require.InDelta(t, 8, r.Foreign, 5, "two slates a second")
	require.Greater(t, r.Frames-r.Foreign, 100, "of both times")
	require.Zero(t, r.Damaged+r.BackwardTimestamps)
	require.LessOrEqual(t, r.AudioHoles, 1, "the recorder may put the first packet of sound beside the first picture that was kept")
	requirePhoneTone(t, recording)
}

// waitVideo waits until pictures come in a call, or until none are to come.
func (g *gatewayUnderTest) waitVideo(t testing.TB, id string, comes bool) {
	t.Helper()
	require.Eventually(t, func() bool {
		v := g.call(t, id).Video
		return comes == (v.Direction == "sendrecv" && v.FPS > 0)
	}, 2*patience, playbackPoll)
}

func analyseCoded(t testing.TB, path string) content.Report {
	t.Helper()
	r, err := content.AnalyseCoded(t.Context(), path)
	require.NoError(t, err)
	return r
}

// requireClipMoves fails unless a recording is the clip as encoders leave it: each picture readable and few missing, which are
// those that a busy machine had no time to encode.
func requireClipMoves(t testing.TB, r content.Report, atLeast time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, r.VideoDuration, atLeast)
	require.Greater(t, r.Frames, 18*int(atLeast.Seconds()))
	require.Less(t, r.Damaged+r.Foreign+r.Skipped+r.Repeated, r.Frames/4, "%+v", r)
	require.Zero(t, r.BackwardTimestamps)
}

// requireMoves: the softphone shows pictures of the clip, and they move.
func requireMoves(t testing.TB, phone interface {
	Sees(t testing.TB) (number int, ok bool)
},
) {
	t.Helper()
	seen := map[int]bool{}
	require.Eventually(t, func() bool {
		if number, ok := phone.Sees(t); ok {
			seen[number] = true
		}
		return len(seen) >= 3
	}, 2*patience, playbackPoll, "%v", seen)
}

// direct is bob's address at a telephone of this machine.
func direct(port int) string { return fmt.Sprintf("sip:bob@127.0.0.1:%d", port) }

// TestVideoPhoneInVP8 calls the softphone in phone-video.html: the page shows its clip, and it shows the page's camera.
func TestVideoPhoneInVP8(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: 2 * time.Minute, VP8: true})
	g := startGateway(t)
	page := g.openVideoPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), kamailio.Address())
	registerPhone(t, page)
	callFrom(t, page, "bob")
	page.WaitText(t, "#callStatus", "ESTABLISHED")
	waitSlate(t, page, false)
	require.Equal(t, "VP8", g.onlyCall(t).Video.Codec)
	w := page.Watch(t, remotePicture, 4*time.Second)
	t.Logf("%+v", w.Report)
	require.Greater(t, w.Frames, 30)
	require.Less(t, w.Foreign+w.Damaged, w.Frames/10)
	require.GreaterOrEqual(t, len(w.Flashes), 2)
	requireToneHeard(t, page, remotePicture)
	requireMoves(t, phone)
	phone.Hangup(t)
	page.WaitText(t, "#callStatus", "FINISH")
}
