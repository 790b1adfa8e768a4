package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/demophone"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// catchPeers keeps the connections that a page makes, for their figures.
const catchPeers = `
	window.peers = [];
	window.RTCPeerConnection = class extends RTCPeerConnection {
		constructor(...configuration) {
			super(...configuration);
			window.peers.push(this);
		}
	};`

// inbound is what a browser says of the pictures it gets.
type inbound struct {
	FreezeCount           int
	TotalFreezesDuration  float64
	FramesDecoded         int
	FramesDropped         int
	KeyFramesDecoded      int
	NackCount             int
	PliCount              int
	PacketsLost           int
	PacketsReceived       int
	RetransmittedPackets  int `json:"retransmittedPacketsReceived"`
	JitterBufferDelay     float64
	JitterBufferEmitted   int `json:"jitterBufferEmittedCount"`
	TotalInterFrameDelay  float64
	DecoderImplementation string
}

// inboundVideo reads the figures of the page's newest connection.
func inboundVideo(t testing.TB, page *peers.Page) inbound {
	t.Helper()
	var stats inbound
	page.Eval(t, `(async () => {
		const reports = [...(await window.peers.at(-1).getStats()).values()];
		return reports.find(({ type, kind }) => type === "inbound-rtp" && kind === "video");
	})()`, &stats)
	return stats
}

// TestViewerOnABadLine: where one packet in twenty is lost and each comes up to 50 ms late, both ways, a browser sees
// the clip without a damaged picture and without standing still for half a second.
func TestViewerOnABadLine(t *testing.T) {
	const length = 20 * time.Second
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t)
	g.dial(t, "lossy", phone.URI(), nil)
	g.waitFor(t, "lossy", "status", "ESTABLISHED", patience)
	line := peers.StartBadLine(t, g.rest, 0.05, 50*time.Millisecond)
	page := peers.StartChromium(t).Open(t, line.URL+"/play/lossy", catchPeers)
	requireState(t, page, "playing")
	before := inboundVideo(t, page)
	seen := page.Watch(t, "#video", length)
	stats := inboundVideo(t, page)

	passed, lost := line.Carried()
	t.Logf("carried %d, lost %d; before %+v; after %+v; longest gap %v, offsets %v",
		passed, lost, before, stats, seen.LongestVideoGap, seen.Offsets)
	require.InDelta(t, 0.05, float64(lost)/float64(lost+passed), 0.02, "the line is bad")
	require.Zero(t, seen.Foreign+seen.Damaged)
	require.Greater(t, stats.FramesDecoded-before.FramesDecoded, int(length.Seconds())*20)
	require.Greater(t, seen.Frames, int(length.Seconds())*12, "a busy browser shows about half of what it decodes")
	require.Less(t, seen.LongestVideoGap, 500*time.Millisecond)
	require.NotZero(t, stats.NackCount, "what was lost was asked for")
	require.Less(t, stats.TotalFreezesDuration-before.TotalFreezesDuration, 1.0)
	require.GreaterOrEqual(t, len(seen.Beeps), int(length.Seconds())-2)
	// At first a browser may keep sound longer than it needs to. It knows, and takes up to ten seconds to mend it.
	settled, _, _ := content.Report{Offsets: seen.Offsets[len(seen.Offsets)/2:]}.Offset()
	require.InDelta(t, 0, settled.Milliseconds(), 60)
}
