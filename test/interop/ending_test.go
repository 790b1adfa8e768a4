package interop

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestPhoneHangsUp: the call finishes, the server is told that the stream is over, and the recording is whole.
func TestPhoneHangsUp(t *testing.T) {
	const onAir = 6 * time.Second
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	history := g.watch(t)
	g.dial(t, "short", phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "short"})
	g.waitFor(t, "short", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	time.Sleep(onAir)
	phone.Hangup("")
	last := g.ending(t, history, "short", patience)
	require.Equal(t, gateway.CallFinish, last.Status)
	require.Equal(t, gateway.EndRemote, last.Ending.Reason)
	requireStatuses(t, history("short"), gateway.CallEstablished, gateway.CallFinish)
	require.Eventually(t, func() bool { return phone.Calls()[0].State == demophone.Ended }, patience, 20*time.Millisecond,
		"its BYE was answered")
	require.Eventually(t, func() bool { return len(g.api.Snapshot().Streams) == 0 }, patience, 20*time.Millisecond)
	goodbye := regexp.MustCompile(`publish: name='rtmp_short'.*\n.*deleteStream`) // before the connection ends
	require.Eventually(t, func() bool { return goodbye.MatchString(nginx.Log(t)) }, patience, 20*time.Millisecond)
	requireClip(t, recorded(t, nginx, "short"), onAir-2*time.Second)
}
