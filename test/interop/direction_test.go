package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestSendsMediaBack: in sendrecv the phone hears silence and sees the slate, packet by packet, so that it does not
// take the call for dead. In recvonly it gets nothing but what keeps the way through a NAT open.
func TestSendsMediaBack(t *testing.T) {
	g := startGateway(t)
	for name, test := range map[string]struct{ audio, video string }{
		"both":    {"true", "true"},
		"sound":   {"true", "false"},
		"picture": {"false", "true"},
		"neither": {"false", "false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := startPhone(t, demophone.Params{})
			g.dial(t, name, phone.URI(), map[string]any{"hasAudio": test.audio, "hasVideo": test.video})
			g.waitFor(t, name, "status", "ESTABLISHED", patience)
			var begun, seen demophone.CallInfo
			require.Eventually(t, func() bool { // the phone may begin long before us
				begun = phone.Calls()[0]
				return begun.AudioSent > 0 && (begun.AudioPackets > 0 || test.audio == "false")
			}, patience, 20*time.Millisecond)
			require.Eventually(t, func() bool {
				seen = phone.Calls()[0]
				return seen.AudioSent > begun.AudioSent+150
			}, patience, 20*time.Millisecond)
			const keepAlive = 1
			if test.audio == "true" {
				require.InEpsilon(t, seen.AudioSent-begun.AudioSent, seen.AudioPackets-begun.AudioPackets, 0.2, "as many as the phone sends: 50 a second")
			} else {
				require.LessOrEqual(t, seen.AudioPackets, uint64(keepAlive))
			}
			if test.video == "true" {
				require.Greater(t, seen.VideoPackets, uint64(4))
			} else {
				require.LessOrEqual(t, seen.VideoPackets, uint64(keepAlive))
			}
			sdp := g.find(t, name)["sdp"].(string)
			answers := map[string]string{"true": "a=sendrecv", "false": "a=sendonly"}
			require.Contains(t, mediaOf(sdp, "audio"), answers[test.audio], "it answers a recvonly offer with sendonly")
			require.Contains(t, mediaOf(sdp, "video"), answers[test.video])
			g.hangUp(t, name)
		})
	}
}

// TestOfferedDirections reads the offer itself at a third-party callee.
func TestOfferedDirections(t *testing.T) {
	g := startGateway(t)
	peer := callee(t, "refuse", map[string]any{"Status": "486 Busy Here"})
	g.dial(t, "half", peer.URI(), map[string]any{"hasAudio": false, "hasVideo": true})
	peer.Finished(t, patience)
	offer := received(t, peer, "INVITE")[0]
	audio, video := mediaOf(offer, "audio"), mediaOf(offer, "video")
	require.Contains(t, audio, "RTP/AVP 8 0 9 96 101 103")
	require.Contains(t, audio, "a=recvonly")
	require.Contains(t, audio, "a=rtcp:")
	require.Contains(t, video, "RTP/AVP 112 113")
	require.Contains(t, video, "a=sendrecv")
	for _, want := range []string{"packetization-mode=1", "packetization-mode=0", "ccm fir", "nack pli", "a=ssrc:", "cname:"} {
		require.Contains(t, video, want)
	}
}

// TestPhoneWithoutVideo sends a call on air that has no picture, with the slate and without.
func TestPhoneWithoutVideo(t *testing.T) {
	const onAir = 7 * time.Second
	phone := startPhone(t, demophone.Params{NoVideo: true})
	for name, slate := range map[string]bool{"slate": true, "sound": false} {
		t.Run(name, func(t *testing.T) {
			nginx := peers.StartNginx(t)
			g := startGateway(t, func(c *gateway.Config) { c.Media.SlateWithoutVideo = slate })
			g.dial(t, name, phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": name})
			g.waitFor(t, name, "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
			time.Sleep(onAir)
			g.hangUp(t, name)
			r := recorded(t, nginx, name)
			if slate {
				requireSlate(t, r, onAir-2*time.Second)
				return
			}
			require.Zero(t, r.Frames)
			require.GreaterOrEqual(t, r.AudioDuration, onAir-2*time.Second)
			require.Zero(t, r.AudioHoles+r.BackwardTimestamps)
			requireBeeps(t, r, int(onAir.Seconds())-2)
		})
	}
}
