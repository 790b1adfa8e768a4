package interop

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestSIPpPlaysTheClip takes the clip from a peer that sends no RTCP at all and heeds none: what is recorded is the
// clip, in sync, however the answer describes where it comes from.
func TestSIPpPlaysTheClip(t *testing.T) {
	const onAir = 12 * time.Second
	clip := peers.WriteClip(t, 10)
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	for name, answer := range map[string]map[string]any{
		"plain":    {},
		"feedback": {"Profile": "RTP/AVPF"},
		"astray":   {"Connection": "IP4 192.0.2.1"}, // not where the media comes from
	} {
		t.Run(name, func(t *testing.T) {
			answer["Audio"], answer["Video"] = clip.Sound, clip.Pictures
			var r content.Report
			for attempt := range 3 { // on a busy machine SIPp starts its two players apart, which nobody can know without RTCP
				id := fmt.Sprint(name, attempt)
				peer := callee(t, "answer", answer)
				g.dial(t, id, peer.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": id})
				g.waitFor(t, id, "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
				time.Sleep(onAir)
				g.hangUp(t, id)
				peer.Finished(t, patience)
				r = recorded(t, nginx, id)
				if median, _, _ := r.Offset(); median.Abs() < 40*time.Millisecond {
					break
				}
			}
			requireClip(t, r, onAir-2*time.Second)
		})
	}
}

// TestSIPpRefusesVideo: the sound goes out with the slate.
func TestSIPpRefusesVideo(t *testing.T) {
	const onAir = 8 * time.Second
	clip := peers.WriteClip(t, 1)
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	peer := callee(t, "answer", map[string]any{"NoVideo": true, "Audio": clip.Sound})
	g.dial(t, "sound", peer.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "sound"})
	g.waitFor(t, "sound", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(onAir)
	g.hangUp(t, "sound")
	peer.Finished(t, patience)
	requireSlate(t, recorded(t, nginx, "sound"), onAir-2*time.Second)
}

// recorded reads the only recording of a stream name.
func recorded(t testing.TB, nginx *peers.Nginx, name string) content.Report {
	t.Helper()
	files := nginx.Recordings(t, "rtmp_"+name)
	require.Len(t, files, 1, "one push, never interrupted")
	return analyse(t, files[0])
}

// requireSlate fails unless a recording is the clip's sound with a still picture.
func requireSlate(t testing.TB, r content.Report, atLeast time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, r.Frames, int(atLeast.Seconds()), "a picture at least each second")
	require.Equal(t, r.Frames, r.Foreign, "nothing but the slate")
	require.Less(t, r.LongestVideoGap, time.Second)
	require.GreaterOrEqual(t, r.AudioDuration, atLeast)
	require.InDelta(t, r.AudioDuration.Seconds(), r.VideoDuration.Seconds(), 1)
	require.Zero(t, r.BackwardTimestamps)
	require.Zero(t, r.AudioHoles)
	requireBeeps(t, r, int(atLeast.Seconds())-1)
}

// requireBeeps fails unless the clip's beep is heard each second.
func requireBeeps(t testing.TB, r content.Report, atLeast int) {
	t.Helper()
	require.GreaterOrEqual(t, len(r.Beeps), atLeast)
	for i := 2; i < len(r.Beeps); i++ { // the recording may begin within the first beep
		require.InDelta(t, 1, (r.Beeps[i] - r.Beeps[i-1]).Seconds(), 0.02)
	}
}

// TestPicturesPutIntoTheCall by a callee who had none, and taken out again: before and after goes the slate, the sound is
// whole, and a browser goes on watching.
func TestPicturesPutIntoTheCall(t *testing.T) {
	clip := peers.WriteClip(t, 1)
	nginx := peers.StartNginx(t)
	g := startGateway(t)
	peer := callee(t, "camera", map[string]any{
		"Audio": clip.Sound, "Video": clip.Pictures, "With": map[string]any{}, "Without": map[string]any{"NoVideo": true},
	})
	g.dial(t, "camera", peer.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "camera"})
	g.waitFor(t, "camera", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	viewer := peers.StartViewer(t, g.rest+"/whep/camera", peers.Viewing{Video: true, Record: 14 * time.Second})
	watched := analyse(t, viewer.Recording(t))
	require.Eventually(t, func() bool { // the peer has taken them out again
		ladder, err := g.api.Ladder(t.Context(), "camera")
		require.NoError(t, err)
		return slices.ContainsFunc(ladder.Messages, func(m gateway.SIPMessage) bool { return strings.HasPrefix(m.Start, "UPDATE ") })
	}, patience, 20*time.Millisecond)
	time.Sleep(time.Second) // and has its answer
	g.hangUp(t, "camera")
	peer.Finished(t, patience)
	for name, r := range map[string]content.Report{"at RTMP": recorded(t, nginx, "camera"), "at a browser": watched} {
		t.Logf("%s: %+v", name, r)
		require.Zero(t, r.Damaged+r.Skipped+r.Repeated+r.BackwardTimestamps+r.AudioHoles, name)
		require.InDelta(t, assets.ClipFrames, r.Frames-r.Foreign, 3, "%s: the clip", name)
		require.Greater(t, r.Foreign, 6, "%s: the slate", name)
		require.Less(t, r.LongestVideoGap, 1500*time.Millisecond, name)
	}
}
