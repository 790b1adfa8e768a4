package interop

import (
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/test/peers"
)

// openSDK opens one of the example pages of the web SDK, told where the gateway is. path is below examples/demo.
func (g *gatewayUnderTest) openSDK(t testing.TB, browser *peers.Chromium, path string, query ...string) *peers.Page {
	t.Helper()
	address := peers.ServeSDK(t) + "/examples/demo/" + path
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		values.Set(query[i], query[i+1])
	}
	if len(values) > 0 {
		address += "?" + values.Encode()
	}
	return browser.Open(t, address, peers.SDKPorts(t, g.ws, g.rest), catchPeers, catchMessages)
}

// requireClipShown watches an element that plays the clip as a call sends it: it moves, whole and in sync.
func requireClipShown(t testing.TB, page *peers.Page, selector string) {
	t.Helper()
	const length = 5 * time.Second
	var offset time.Duration
	for range 3 { // a browser may take a while to bring sound and picture together
		w := page.Watch(t, selector, length)
		require.Zero(t, w.Foreign+w.Damaged, "%+v", w.Report)
		require.Greater(t, w.Frames, int(length.Seconds())*12, "a busy browser shows about half of what it decodes: %+v", w.Report)
		require.Less(t, w.LongestVideoGap, 500*time.Millisecond)
		require.GreaterOrEqual(t, len(w.Offsets), 3, "%+v", w.Report)
		if offset, _, _ = w.Offset(); offset.Abs() < 150*time.Millisecond {
			return
		}
	}
	require.Fail(t, "sound and picture do not come together", "the sound is %v late", offset)
}

// requireCameraShown watches an element that plays what the clip camera gives: its sound is not in sync with it.
func requireCameraShown(t testing.TB, page *peers.Page, selector string) {
	t.Helper()
	const length = 5 * time.Second
	w := page.Watch(t, selector, length)
	require.Greater(t, w.Frames, int(length.Seconds())*10, "%+v", w.Report)
	require.Less(t, w.Foreign+w.Damaged, w.Frames/10, "what a browser encodes is at times too blurred to be read: %+v", w.Report)
	require.GreaterOrEqual(t, len(w.Flashes), 3, "%+v", w.Report)
	require.GreaterOrEqual(t, len(w.Beeps), 3, "%+v", w.Report)
}
