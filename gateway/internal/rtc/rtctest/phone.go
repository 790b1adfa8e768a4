package rtctest

import (
	"testing"

	"github.com/pion/interceptor"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

// PhoneParams is what a browser that telephones can do.
type PhoneParams struct {
	Audio []media.Codec // most preferred first
	Video []media.Codec // the first is what it sends
	Deaf  [media.Kinds]bool
	Mute  [media.Kinds]bool
}

// NewPhone makes a browser that sends and receives and ends with the test. It sends the first codec of each kind.
func NewPhone(t testing.TB, p PhoneParams) *Camera {
	t.Helper()
	var engine webrtc.MediaEngine
	c := &Camera{}
	for _, names := range [][]media.Codec{p.Audio, p.Video} {
		for i, name := range names {
			codec, kind := offered(name), webrtc.NewRTPCodecType(name.Kind().String())
			require.NoError(t, engine.RegisterCodec(codec, kind))
			if i > 0 {
				continue
			}
			track, err := webrtc.NewTrackLocalStaticRTP(codec.RTPCodecCapability, kind.String(), "phone")
			require.NoError(t, err)
			c.tracks[name.Kind()] = track
		}
	}
	c.Browser = connect(t, &engine, webrtc.SettingEngine{}, &interceptor.Registry{})
	c.pc.OnTrack(c.receive)
	for kind, track := range c.tracks {
		if track == nil {
			continue
		}
		if p.Mute[kind] {
			only := webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionRecvonly}
			_, err := c.pc.AddTransceiverFromKind(track.Kind(), only)
			require.NoError(t, err)
			continue
		}
		direction := webrtc.RTPTransceiverDirectionSendrecv
		if p.Deaf[kind] {
			direction = webrtc.RTPTransceiverDirectionSendonly
		}
		transceiver, err := c.pc.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: direction})
		require.NoError(t, err)
		c.tasks.Go(func() { c.listen(transceiver.Sender()) })
	}
	return c
}

// Answer takes an offer and returns the browser's answer, with its candidates.
func (b *Browser) Answer(t testing.TB, offer string) string {
	t.Helper()
	require.NoError(t, b.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeOffer, SDP: offer}))
	answer, err := b.pc.CreateAnswer(nil)
	require.NoError(t, err)
	gathered := webrtc.GatheringCompletePromise(b.pc)
	require.NoError(t, b.pc.SetLocalDescription(answer))
	<-gathered
	return b.pc.LocalDescription().SDP
}
