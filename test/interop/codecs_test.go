package interop

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestCodecsWithBaresip calls a softphone in each codec that it has: what it plays is on air, and what is injected is what
// it decodes.
func TestCodecsWithBaresip(t *testing.T) {
	dir := tones(t)
	for _, codec := range []struct{ list, theirs, named string }{
		{"alaw", "PCMA/8000/1", "PCMA"},
		{"ulaw", "PCMU/8000/1", "PCMU"},
		{"G722", "G722/16000/1", "G722"},
		{"opus", "opus/48000/2", "opus"},
	} {
		t.Run(codec.named, func(t *testing.T) {
			phone := peers.StartBaresip(t, peers.BaresipParams{User: "bob", Play: time.Minute, Codecs: codec.theirs})
			g := startGateway(t, func(c *gateway.Config) {
				c.Media.SoundDir = dir
				c.SIP.Codecs = "speex," + codec.list + ",H264"
			})
			g.dial(t, "call", fmt.Sprintf("sip:bob@127.0.0.1:%d", phone.Port), nil)
			g.waitFor(t, "call", "status", "ESTABLISHED", patience)
			require.Eventually(t, func() bool { return g.call(t, "call").Audio.Packets > 50 }, patience, 20*time.Millisecond)
			call := g.call(t, "call")
			require.Equal(t, codec.named, call.Audio.Codec)
			require.Contains(t, call.Refused, gateway.MediaLine{
				Kind: "audio", Reason: gateway.LineNotTaken, Ours: []string{"speex"}, Why: "speex: not taken by the other side",
			})

			recording := filepath.Join(t.TempDir(), "air.flv")
			g.ok(t, "/call/inject_sound", map[string]any{"callId": "call", "fileName": "tone.wav"})
			require.NoError(t, content.Record(t.Context(), "rtmp://"+g.rtmp+"/live/call", recording, 5*time.Second))
			share, err := content.Tone(t.Context(), recording, 1000)
			require.NoError(t, err)
			require.Greater(t, share, 0.95, "share of what is on air in which the softphone's tone sounds")

			phone.Hold(t)
			g.waitFor(t, "call", "status", "HOLD", patience)
			phone.Resume(t)
			g.waitFor(t, "call", "status", "ESTABLISHED", patience)
			before := g.call(t, "call").Audio.Packets
			require.Eventually(t, func() bool { return g.call(t, "call").Audio.Packets > before+50 }, patience, 20*time.Millisecond)
			require.Equal(t, codec.named, g.call(t, "call").Audio.Codec, "what the softphone offers when it takes the call back")

			g.hangUp(t, "call")
			share, err = content.Tone(t.Context(), phone.Heard(t), 440)
			require.NoError(t, err)
			require.Greater(t, share, 0.6, "share of what the softphone heard in which our tone sounds")
		})
	}
}

// tones makes a folder with a sound of 440 Hz, tone.wav.
func tones(t testing.TB) (dir string) {
	t.Helper()
	dir = t.TempDir()
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=16000", "-t", "20",
		"-af", "volume=4", filepath.Join(dir, "tone.wav")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return dir
}

// TestBrowserTalksInOpus: a page calls a softphone and is called by it in the codec that both have. Each hears the other,
// and nothing of what the page is sent is converted.
func TestBrowserTalksInOpus(t *testing.T) {
	kamailio := peers.StartKamailio(t)
	phone := peers.StartBaresip(t, peers.BaresipParams{
		Registrar: kamailio.Address(), User: "bob", Play: time.Minute, Codecs: "G722/16000/1,opus/48000/2",
	})
	g := startGateway(t, func(c *gateway.Config) { c.SIP.Codecs = "opus,H264" })
	page := g.openPhone(t, peers.StartChromium(t, peers.ClipCamera(t)...), phonePage, kamailio.Address())
	registerPhone(t, page)
	for _, call := range []func(){
		func() { callFrom(t, page, "bob") },
		func() {
			phone.Dial(t, "sip:alice@sip.test")
			waitRing(t, page)
			page.Click(t, "#answerBtn")
		},
	} {
		call()
		page.WaitText(t, "#callStatus", "ESTABLISHED")
		requireToneHeard(t, page, remoteSound)
		calls := g.api.Snapshot().Calls
		require.Len(t, calls, 1)
		require.Equal(t, "opus", calls[0].Audio.Codec)
		for _, s := range g.api.Snapshot().Streams {
			for _, track := range s.Tracks {
				require.Empty(t, track.From, "%s of %s is converted: %s", track.Kind, s.Name, track.Why)
			}
		}
		phone.Hangup(t)
		page.WaitText(t, "#callStatus", "FINISH")
		page.WaitText(t, "#callBtn", "Call")
		g.waitNoCalls(t, phone)
		requireBeepsHeard(t, phone, 2)
	}
}
