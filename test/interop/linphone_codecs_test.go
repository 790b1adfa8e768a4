package interop

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// linphoneCodec is a codec that no other softphone here has.
type linphoneCodec struct{ list, named string }

// TestCodecsWithLinphone calls a softphone in such codecs: what it says is on air, and what is put into the call is what it
// hears. It is on air from its first packet on: a decoder of Speex that comes later is thrown off by a pure tone, which leaves
// it nothing to begin anew from.
func TestCodecsWithLinphone(t *testing.T) {
	dir, nginx := tones(t), peers.StartNginx(t)
	for _, codec := range linphoneCodecs() {
		t.Run(codec.named, func(t *testing.T) {
			phone := peers.StartLinphone(t, peers.LinphoneParams{User: "bob", Picture: shownByLinphone})
			g := startGateway(t, func(c *gateway.Config) { c.Media.SoundDir, c.SIP.Codecs = dir, codec.list })
			g.dial(t, "call", direct(phone.Port), map[string]any{
				"hasVideo": false, "rtmpUrl": nginx.URL("rec"), "rtmpStream": codec.list,
			})
			g.waitFor(t, "call", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", 2*patience)
			require.Eventually(t, func() bool { return g.call(t, "call").Audio.Packets > 50 }, patience, playbackPoll)
			require.Equal(t, codec.named, g.call(t, "call").Audio.Codec)

			g.ok(t, "/call/inject_sound", map[string]any{"callId": "call", "fileName": "tone.wav"})
			so := g.call(t, "call").Audio.Packets
			require.Eventually(t, func() bool { return g.call(t, "call").Audio.Packets > so+300 }, 2*patience, playbackPoll)
			g.hangUp(t, "call")
			files := nginx.Recordings(t, "rtmp_"+codec.list)
			require.Len(t, files, 1)
			requirePhoneTone(t, files[0])
			share, err := content.Tone(t.Context(), phone.Heard(t), 440)
			require.NoError(t, err)
			require.Greater(t, share, 0.5, "share of what the softphone heard in which our tone sounds")
		})
	}
}
