package interop

import (
	"image"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// shownByLinphone is the picture of the demo clip that the softphone's camera shows.
const shownByLinphone = 37

// TestLinphoneCalled calls a softphone that has VP8 only. Its picture arrives at RTMP in H.264 and at a browser as it
// came; what is injected, H.264, is on its screen.
func TestLinphoneCalled(t *testing.T) {
	nginx := peers.StartNginx(t)
	clip := startPhone(t, demophone.Params{})
	phone := peers.StartLinphone(t, peers.LinphoneParams{User: "bob", Picture: shownByLinphone})
	g := startGateway(t)
	g.dial(t, "clip", clip.URI(), nil)
	g.dial(t, "lin", direct(phone.Port), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "lin"})
	g.waitFor(t, "lin", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", 2*patience)
	g.requireShown(t, "lin", shownByLinphone)
	requireSlateSeen(t, phone)
	g.ok(t, "/call/inject_stream", map[string]any{"callId": "lin", "streamName": "clip"})
	requireMoves(t, phone)

	viewer := peers.StartViewer(t, g.rest+"/whep/lin", peers.Viewing{Video: true, VP8: true, Record: 4 * time.Second})
	requireStill(t, viewer.Recording(t), 2*time.Second)
	require.Equal(t, "VP8", g.call(t, "lin").Video.Codec)
	g.hangUp(t, "lin")
	require.GreaterOrEqual(t, len(analyse(t, phone.Heard(t)).Beeps), 3)
	files := nginx.Recordings(t, "rtmp_lin")
	require.Len(t, files, 1)
	requireStill(t, files[0], 4*time.Second)
	requirePhoneTone(t, files[0])
}

// TestLinphoneCalls: the softphone calls an account that is registered here, through the registrar, and hangs up.
func TestLinphoneCalls(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartLinphone(t, peers.LinphoneParams{Registrar: kamailio.Address(), User: "bob", Picture: shownByLinphone})
	clip := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "clip", clip.URI(), nil)
	g.register(t, "alice", kamailio.Address())

	phone.Dial(t, "sip:alice@sip.test")
	id := g.answer(t)
	g.requireShown(t, id, shownByLinphone)
	requireSlateSeen(t, phone)
	g.ok(t, "/call/inject_stream", map[string]any{"callId": id, "streamName": "clip"})
	requireMoves(t, phone)
	preview, err := g.api.OpenPreview(t.Context(), id)
	require.NoError(t, err)
	defer preview.Close()
	require.Eventually(t, func() bool { return preview.Level().RMS > gateway.SilenceLevel }, patience, playbackPoll, "its sound does not come")
	time.Sleep(4 * time.Second) // the clip beeps once a second
	phone.Hangup(t)
	g.waitGone(t, id, patience)
	require.GreaterOrEqual(t, len(analyse(t, phone.Heard(t)).Beeps), 2)
}

// register keeps one of the registrar's users registered and waits until it is.
func (g *gatewayUnderTest) register(t testing.TB, user, registrar string) {
	t.Helper()
	host, port, err := net.SplitHostPort(registrar)
	require.NoError(t, err)
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	require.NoError(t, g.api.Register(t.Context(), gateway.RegisterSpec{ID: user, Account: gateway.Account{
		Login: user, Password: gateway.Secret(user + "pw"), Domain: "sip.test", OutboundProxy: host, Port: number,
	}}))
	require.Eventually(t, func() bool {
		all := g.api.Snapshot().Registrations
		return len(all) == 1 && all[0].Status == gateway.RegistrationUp
	}, patience, playbackPoll)
}

// answer takes the call that comes in, without a browser, and returns its id.
func (g *gatewayUnderTest) answer(t testing.TB) (id string) {
	t.Helper()
	require.Eventually(t, func() bool {
		for _, c := range g.api.Snapshot().Calls {
			if c.Incoming && c.Status == gateway.CallRing {
				id = c.ID
			}
		}
		return id != ""
	}, patience, playbackPoll, "nobody calls")
	require.NoError(t, g.api.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id}))
	g.waitFor(t, id, "status", "ESTABLISHED", patience)
	return id
}

// requireShown looks at a stream until it shows a picture of the clip.
func (g *gatewayUnderTest) requireShown(t testing.TB, stream string, picture int) {
	t.Helper()
	preview, err := g.api.OpenPreview(t.Context(), stream)
	require.NoError(t, err)
	defer preview.Close()
	var room *image.RGBA
	require.Eventually(t, func() bool {
		frame, fresh := preview.Frame(room)
		room = frame
		if !fresh {
			return false
		}
		number, ok := content.CounterOf(frame)
		return ok && number == picture
	}, 2*patience, playbackPoll)
}

// requireStill fails unless a recording shows the softphone's one picture, all the time.
func requireStill(t testing.TB, path string, atLeast time.Duration) {
	t.Helper()
	r, err := content.AnalyseCoded(t.Context(), path)
	require.NoError(t, err)
	t.Logf("%+v", r)
	require.GreaterOrEqual(t, r.VideoDuration, atLeast)
	require.Greater(t, r.Repeated, r.Frames/2)
	require.Zero(t, r.Damaged+r.Skipped+r.BackwardTimestamps)
	require.LessOrEqual(t, r.Foreign, r.Frames/10)
}

// requirePhoneTone fails unless the softphone's tone is in a recording nearly all the time.
func requirePhoneTone(t testing.TB, path string) {
	t.Helper()
	share, err := content.Tone(t.Context(), path, phoneTone)
	require.NoError(t, err)
	require.Greater(t, share, 0.8)
}

// requireSlateSeen: the softphone shows a picture that is not of the clip.
func requireSlateSeen(t testing.TB, phone *peers.Linphone) {
	t.Helper()
	_, ok := phone.Sees(t)
	require.False(t, ok)
}
