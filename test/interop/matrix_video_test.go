package interop

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/test/peers"
)

// TestPicturesTakenOutByReinvite as they were put in: on air are the slate, the clip and the slate again, and the sound is whole.
func TestPicturesTakenOutByReinvite(t *testing.T) {
	clip := peers.WriteClip(t, 1)
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	peer := callee(t, "script", script(
		map[string]any{"First": sound(1), "Sound": clip.Sound},
		[]step{{Pause: 2000}},
		offer("INVITE", description{"Version": 2}),
		[]step{{Play: fmt.Sprintf("play_pcap_video=%q", clip.Pictures)}, {Pause: 2500}},
		offer("INVITE", sound(3))))
	g.dial(t, "camera", peer.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "camera"})
	g.waitFor(t, "camera", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	require.Eventually(t, func() bool { return len(answersTo(t, peer, "INVITE")) == 2 }, 2*patience, 50*time.Millisecond)
	time.Sleep(4 * time.Second) // the slate is on air
	g.hangUp(t, "camera")
	peer.Finished(t, patience)
	r := recorded(t, nginx, "camera")
	require.Zero(t, r.Damaged+r.Skipped+r.Repeated+r.BackwardTimestamps+r.AudioHoles, "%+v", r)
	require.InDelta(t, assets.ClipFrames, r.Frames-r.Foreign, 3, "the clip")
	require.Greater(t, r.Foreign, 6, "the slate")
	require.Less(t, r.LongestVideoGap, 1500*time.Millisecond)
	answers := answersTo(t, peer, "INVITE")
	require.Len(t, answers, 2)
	require.NotContains(t, answers[0], "m=video 0 ")
	require.Contains(t, answers[1], "m=video 0 ")
}
