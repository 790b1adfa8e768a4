package interop

import (
	"fmt"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
)

// TestHundredCalls goes up to a hundred calls, thirty of them on air, and down again, twice: nothing that the first
// time took is left over after the second.
func TestHundredCalls(t *testing.T) {
	const calls, pushed = 100, 30
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	round := func() {
		for i := range calls {
			id := fmt.Sprint("c", i)
			push := map[string]any{"rtmpUrl": "rtmp://" + g.rtmp + "/live", "rtmpStream": id}
			if i >= pushed {
				push = nil
			}
			g.dialAgain(t, callTo(id, phone.URI(), push))
		}
		require.Eventually(t, func() bool {
			return g.count(t, "status", "ESTABLISHED") == calls && g.count(t, "rtmpStreamStatus", "RTMP_STREAM_ACTIVE") == pushed
		}, 3*patience, 200*time.Millisecond)
		require.Eventually(t, func() bool { return g.flowing() == calls }, 3*patience, 200*time.Millisecond)
		for i := range calls {
			g.ok(t, "/call/terminate", map[string]any{"callId": fmt.Sprint("c", i)})
		}
		require.Eventually(t, func() bool { // a stream's name is free again when its publisher is seen to have left
			now := g.api.Snapshot()
			return len(now.Calls)+len(now.Streams) == 0
		}, patience, 100*time.Millisecond)
		http.DefaultClient.CloseIdleConnections()
	}
	before := resourcesNow(t)
	for range 2 {
		round()
		requireBackTo(t, before)
	}
	for _, seen := range phone.Calls() {
		require.Equal(t, demophone.Ended, seen.State, "every call was ended by a BYE")
	}
	require.Len(t, phone.Calls(), 2*calls)
}

// count is how many calls have a value under a key.
func (g *gatewayUnderTest) count(t testing.TB, key string, value any) int {
	t.Helper()
	_, calls := g.findAll(t, http.MethodGet)
	n := 0
	for _, c := range calls {
		if c[key] == value {
			n++
		}
	}
	return n
}

// flowing is how many calls have had sound and pictures for a while.
func (g *gatewayUnderTest) flowing() int {
	n := 0
	for _, c := range g.api.Snapshot().Calls {
		if c.Audio.Packets > 50 && c.Video.Packets > 25 {
			n++
		}
	}
	return n
}

// resources is what a process has in use.
type resources struct{ goroutines, files int }

func resourcesNow(t testing.TB) resources {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	require.NoError(t, err)
	return resources{goroutines: runtime.NumGoroutine(), files: len(files)}
}

// requireBackTo waits until nothing more is in use than before. It polls by itself: a helper with a goroutine of its own
// would count that as well.
func requireBackTo(t testing.TB, before resources) {
	t.Helper()
	var now resources
	for deadline := time.Now().Add(3 * patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		now = resourcesNow(t)
		if now.goroutines <= before.goroutines && now.files <= before.files {
			return
		}
	}
	require.FailNow(t, "something is left over", "before %+v, now %+v", before, now)
}
