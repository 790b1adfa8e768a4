package interop

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
	"callcast/test/peers/content"
)

var onAir = flag.Duration("air", 20*time.Second, "how long the call to baresip stays on air")

// TestBaresipBehindKamailio is the main job against programs others wrote: register with digest at Kamailio, call a
// baresip that is registered there, push to nginx-rtmp, and find the softphone's picture and tone in the recording.
func TestBaresipBehindKamailio(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	nginx := peers.StartNginx(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: *onAir + time.Minute})
	capture := phone.Capture(t)
	g := startGateway(t)
	history := g.watch(t)

	g.ok(t, "/call/startup", map[string]any{
		"callId": "air", "callee": "bob", "toStream": "bob1",
		"rtmpUrl": nginx.URL("rec"), "rtmpStream": "bob",
		"hasAudio": "true", "hasVideo": "true",
		"sipLogin": "gw", "sipAuthenticationName": "gw", "sipPassword": "gwpw",
		"sipDomain": "sip.test", "sipOutboundProxy": kamailio.Address(), "sipPort": "", "sipRegisterRequired": "true",
	})
	g.waitFor(t, "air", "status", "ESTABLISHED", patience)
	g.waitFor(t, "air", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(*onAir) // the call is on air
	require.NotNil(t, g.find(t, "air"), "the call lives")

	phone.Hangup(t)
	g.waitGone(t, "air", patience)
	last := g.ending(t, history, "air", patience)
	require.Equal(t, "FINISH", string(last.Status))
	require.Equal(t, "remote", string(last.Ending.Reason))

	files := nginx.Recordings(t, "rtmp_bob")
	require.Len(t, files, 1, "one push, never interrupted")
	report := analyse(t, files[0])
	require.InDelta(t, onAir.Seconds(), report.VideoDuration.Seconds(), 3)
	require.InDelta(t, report.VideoDuration.Seconds(), report.AudioDuration.Seconds(), 0.5)
	require.Zero(t, report.BackwardTimestamps)
	require.Less(t, report.LongestVideoGap, 500*time.Millisecond)
	sent := phone.PictureRate(t, capture) // fewer than 25 on a busy machine
	t.Logf("%.1f pictures a second were sent", sent)
	require.Greater(t, float64(report.Frames), 0.96*sent*report.VideoDuration.Seconds())
	require.Zero(t, last.Video.Damaged, "%+v", last.Video)
	require.Zero(t, report.AudioHoles)
	share, err := content.Tone(t.Context(), files[0], 1000)
	require.NoError(t, err)
	require.Greater(t, share, 0.95, "share of the recording in which the tone sounds")
}
