package interop

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/test/peers"
	"callcast/test/peers/content"
)

// TestSoftphoneTransfersUs: a softphone hands our call over to another, through Kamailio. The stream goes on without a break
// with the other's sound, on one recording, and the first is rid of the call.
func TestSoftphoneTransfersUs(t *testing.T) {
	const each = 5 * time.Second
	kamailio, nginx := peers.StartKamailio(t), peers.StartNginx(t)
	bob := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "bob", Play: time.Minute})
	carol := peers.StartBaresip(t, peers.BaresipParams{Registrar: kamailio.Address(), User: "carol", Play: time.Minute})
	g := startGateway(t)
	account := gateway.Account{Login: "gw", Password: "gwpw", Domain: "sip.test", OutboundProxy: kamailio.Address()}
	require.NoError(t, g.api.StartCall(t.Context(), gateway.CallSpec{
		ID: "air", Callee: "bob", Account: account, HasAudio: true,
		RTMPURL: gateway.Secret(nginx.URL("rec")), RTMPStream: "air",
	}))
	g.waitCall(t, "air", gateway.CallEstablished)
	time.Sleep(each) // bob is on air
	before := g.waitCall(t, "air", gateway.CallEstablished).Audio.Packets
	bob.Transfer(t, "sip:carol@sip.test")
	bob.WaitCall(t, "no active calls")
	require.Eventually(t, func() bool {
		c := g.waitCall(t, "air", gateway.CallEstablished)
		return c.Callee == "sip:carol@sip.test" && c.Audio.Packets > before+100
	}, patience, 50*time.Millisecond)
	time.Sleep(each) // carol is on air
	carol.Hangup(t)
	g.waitNoCalls(t, carol)

	files := nginx.Recordings(t, "rtmp_air")
	require.Len(t, files, 1, "one push, never interrupted")
	report := analyse(t, files[0])
	require.Greater(t, report.AudioDuration, 2*each)
	require.Zero(t, report.AudioHoles)
	require.Zero(t, report.BackwardTimestamps)
	share, err := content.Tone(t.Context(), files[0], phoneTone)
	require.NoError(t, err)
	require.Greater(t, share, 0.8, "the tone of both; between them it may be silent for a moment")
}
