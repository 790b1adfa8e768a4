package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestFivePercentLoss: of a call that loses packets no damaged picture goes on air, the sound has no hole, and the
// phone is asked for a keyframe each time, so that the picture moves again.
func TestFivePercentLoss(t *testing.T) {
	const onAir = 15 * time.Second
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{Loss: 0.05})
	g := startGateway(t)
	g.dial(t, "lossy", phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "lossy"})
	g.waitFor(t, "lossy", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(onAir)
	asked := phone.Calls()[0].Keyframes
	call := g.api.Snapshot().Calls[0]
	g.hangUp(t, "lossy")

	require.InDelta(t, 5, 100*float64(call.Audio.Lost)/float64(call.Audio.Lost+call.Audio.Packets), 3, "the loss is counted")
	require.NotZero(t, call.Video.Lost)
	require.NotZero(t, call.Video.Damaged, "pictures were withheld")
	require.NotZero(t, call.Audio.Filled, "sound was made up")
	require.Greater(t, asked.PLI+asked.FIR+asked.Info, 5, "asked for keyframes: %+v", asked)
	r := recorded(t, nginx, "lossy")
	require.Zero(t, r.Damaged)
	require.Zero(t, r.BackwardTimestamps)
	require.Zero(t, r.AudioHoles)
	require.GreaterOrEqual(t, r.AudioDuration, onAir-2*time.Second)

	// A keyframe of the clip is so large that two of three are hit: the picture stands still again and again, until a
	// keyframe comes whole. It is asked for anew each time; in the worst luck the slate steps in.
	const slateAfter = 3 * time.Second
	require.InDelta(t, r.AudioDuration.Seconds(), r.VideoDuration.Seconds(), (slateAfter + time.Second).Seconds())
	require.Less(t, r.LongestVideoGap, slateAfter+time.Second)
	require.Greater(t, r.Frames-r.Foreign, 3*int(onAir.Seconds()), "pictures of the clip")
	require.NotZero(t, r.Skipped)
	if len(r.Offsets) > 0 { // the first packet of a flash or a beep may be lost, but not of most
		median, _, _ := r.Offset()
		require.Less(t, median.Abs(), 40*time.Millisecond)
	}
}
