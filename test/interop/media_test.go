package interop

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// analyse reads a recording.
func analyse(t testing.TB, path string) content.Report {
	t.Helper()
	r, err := content.Analyse(t.Context(), path)
	require.NoError(t, err)
	return r
}

// startPhone starts a demo phone that ends with the test.
func startPhone(t testing.TB, p demophone.Params) *demophone.Phone {
	p.Log = slog.New(slog.DiscardHandler)
	phone, err := demophone.New(p)
	require.NoError(t, err)
	require.NoError(t, phone.Start())
	t.Cleanup(phone.Close)
	return phone
}

// dial starts a call that needs no account, with further fields. callee is a SIP address.
func (g *gatewayUnderTest) dial(t testing.TB, id, callee string, more map[string]any) {
	t.Helper()
	g.ok(t, "/call/startup", callTo(id, callee, more))
}

// callTo is the request that dial sends.
func callTo(id, callee string, more map[string]any) map[string]any {
	request := map[string]any{
		"callId": id, "callee": callee, "toStream": id, "hasAudio": "true", "hasVideo": "true",
		"sipLogin": "gw", "sipPassword": "secret", "sipDomain": "127.0.0.1", "sipRegisterRequired": "false",
	}
	maps.Copy(request, more)
	return request
}

// hangUp ends a call and waits until it is gone.
func (g *gatewayUnderTest) hangUp(t testing.TB, id string) {
	t.Helper()
	g.ok(t, "/call/terminate", map[string]any{"callId": id})
	g.waitGone(t, id, patience)
}

// TestClipArrivesWhole is the main job with a peer whose every picture and beep is known: what nginx-rtmp records is
// the clip, picture by picture, in sync.
func TestClipArrivesWhole(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "clip", phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "clip"})
	g.waitFor(t, "clip", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(14 * time.Second) // on air
	g.hangUp(t, "clip")

	files := nginx.Recordings(t, "rtmp_clip")
	require.Len(t, files, 1)
	requireClip(t, analyse(t, files[0]), 11*time.Second)
}

// requireClip fails unless a recording is the demo clip without a flaw and in sync.
func requireClip(t testing.TB, r content.Report, atLeast time.Duration) {
	t.Helper()
	require.GreaterOrEqual(t, r.VideoDuration, atLeast)
	require.Zero(t, r.Damaged)
	require.Zero(t, r.Foreign, "no slate where there is a picture")
	require.Zero(t, r.Skipped)
	require.Zero(t, r.Repeated)
	require.Zero(t, r.BackwardTimestamps)
	require.Zero(t, r.AudioHoles)
	require.InDelta(t, r.VideoDuration.Seconds(), r.AudioDuration.Seconds(), 0.3)
	requireInSync(t, r, int(atLeast.Seconds())-2)
}

// requireInSync fails unless sound and picture are 40 ms apart at most. A second in which the machine stood still may have more.
func requireInSync(t testing.TB, r content.Report, seconds int) {
	t.Helper()
	require.GreaterOrEqual(t, len(r.Offsets), seconds, "flashes %v, beeps %v", r.Flashes, r.Beeps)
	median, least, most := r.Offset()
	require.Less(t, median.Abs(), 40*time.Millisecond, "%v", r.Offsets)
	require.Less(t, most, 120*time.Millisecond, "%v", r.Offsets)
	require.Greater(t, least, -120*time.Millisecond, "%v", r.Offsets)
}

// TestInSyncWithoutSenderReports takes them away: the tracks then stand by when they arrive.
func TestInSyncWithoutSenderReports(t *testing.T) {
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{NoSenderReports: true})
	g := startGateway(t)
	var r content.Report
	for attempt := range 3 { // on a busy machine one track may come later than it was due, which nobody can know without reports
		id := fmt.Sprint("nosr", attempt)
		g.dial(t, id, phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": id})
		g.waitFor(t, id, "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
		time.Sleep(10 * time.Second) // on air
		g.hangUp(t, id)
		r = recorded(t, nginx, id)
		if median, _, _ := r.Offset(); median.Abs() < 40*time.Millisecond {
			break
		}
	}
	requireClip(t, r, 8*time.Second)
}

// TestBuiltInServer plays a call's stream from the RTMP server inside, and the copy that the call pushes into it.
func TestBuiltInServer(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "own", phone.URI(), map[string]any{"rtmpUrl": "rtmp://" + g.rtmp + "/live", "rtmpStream": "own"})
	g.waitFor(t, "own", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	for _, name := range []string{"own", "rtmp_own"} {
		path := filepath.Join(t.TempDir(), name+".flv")
		ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
		// What is kept for who comes late, pictures since the last key picture, is without its sound.
		require.NoError(t, content.Record(ctx, fmt.Sprintf("rtmp://%s/live/%s", g.rtmp, name), path, 10*time.Second))
		cancel()
		r := analyse(t, path)
		require.Zero(t, r.Damaged+r.Foreign+r.Skipped+r.Repeated+r.BackwardTimestamps, "%s: %+v", name, r)
		requireInSync(t, r, 3)
	}
}

// TestServerGoneForTenSeconds takes one of two servers away in the middle: its push comes back soon after the
// server, and nobody else loses anything.
func TestServerGoneForTenSeconds(t *testing.T) {
	gone, stays := peers.StartNginx(t), peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "a", phone.URI(), map[string]any{"rtmpUrl": gone.URL("rec"), "rtmpStream": "a"})
	g.dial(t, "b", phone.URI(), map[string]any{"rtmpUrl": stays.URL("rec"), "rtmpStream": "b"})
	preview, err := g.api.OpenPreview(t.Context(), "a")
	require.NoError(t, err)
	defer preview.Close()
	for _, id := range []string{"a", "b"} {
		g.waitFor(t, id, "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	}
	time.Sleep(3 * time.Second) // both on air
	gone.Kill()
	g.waitFor(t, "a", "rtmpStreamStatus", "RTMP_CONNECTION_LOST", patience)
	time.Sleep(10 * time.Second) // the outage
	_, fresh := preview.Frame(nil)
	require.True(t, fresh, "the preview runs on")
	require.Equal(t, "RTMP_STREAM_ACTIVE", g.find(t, "b")["rtmpStreamStatus"])
	gone.Start(t)
	g.waitFor(t, "a", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", 5*time.Second) // two on an idle machine
	time.Sleep(6 * time.Second)                                                // on air again
	for _, id := range []string{"a", "b"} {
		g.hangUp(t, id)
	}
	files := gone.Recordings(t, "rtmp_a")
	require.Len(t, files, 2, "before and after")
	before, after := analyse(t, files[0]), analyse(t, files[1])
	require.Zero(t, before.Damaged+after.Damaged+before.Skipped+after.Skipped)
	require.Zero(t, before.BackwardTimestamps+after.BackwardTimestamps)
	require.NotEmpty(t, after.Flashes)
	requireClip(t, analyse(t, stays.Recordings(t, "rtmp_b")[0]), 16*time.Second)
}

// TestLatePreviewAsksForItsPicture: a preview opened in the middle of a call shows a picture and a level soon.
func TestLatePreviewAsksForItsPicture(t *testing.T) {
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "late", phone.URI(), nil)
	g.waitFor(t, "late", "status", "ESTABLISHED", patience)
	preview, err := g.api.OpenPreview(t.Context(), "late")
	require.NoError(t, err)
	defer preview.Close()
	require.Eventually(t, func() bool {
		_, fresh := preview.Frame(nil)
		return fresh
	}, 3*time.Second, 10*time.Millisecond)
	require.Eventually(t, func() bool { return preview.Level().RMS > gateway.SilenceLevel }, 3*time.Second, 10*time.Millisecond)
}
