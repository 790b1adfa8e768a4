package interop

import (
	"encoding/binary"
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/test/peers"
)

// TestHijackedCall floods a call's ports with packets that carry the numbers of the telephone's own, from another socket:
// pictures, sound and what is sent back do not change, and each is counted.
func TestHijackedCall(t *testing.T) {
	const portsOfACall = 4
	first := peers.FreePorts(t, portsOfACall)
	nginx := peers.StartNginx(t)
	phone := startPhone(t, demophone.Params{})
	g := startGateway(t, func(c *gateway.Config) {
		c.RTP = gateway.RTPConfig{PortMin: first, PortMax: first + portsOfACall - 1}
	})
	capture := peers.CaptureMedia(t, first, portsOfACall)
	g.dial(t, "air", phone.URI(), map[string]any{"rtmpUrl": nginx.URL("rec"), "rtmpStream": "air"})
	g.waitFor(t, "air", "rtmpStreamStatus", "RTMP_STREAM_ACTIVE", patience)
	audio, video := g.remotes(t, "air")
	intruder, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = intruder.Close() }()

	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	const beats, atOnce = 300, 5
	for range beats {
		<-pace.C
		for _, pkt := range latest(t, capture, first) {
			for n := range uint16(atOnce) {
				forged := forge(pkt, n)
				_, err := intruder.WriteTo(forged, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: pkt.To})
				require.NoError(t, err)
			}
		}
	}
	call := g.call(t, "air")
	require.Equal(t, audio, call.Audio.Remote)
	require.Equal(t, video, call.Video.Remote)
	for kind, stats := range map[string]gateway.MediaStats{"audio": call.Audio, "video": call.Video} {
		t.Logf("%s: %d taken, %d discarded", kind, stats.Packets, stats.Discarded)
		require.Greater(t, stats.Discarded, uint64(beats*atOnce/2), kind)
	}
	g.hangUp(t, "air")
	requireClip(t, recorded(t, nginx, "air"), 5*time.Second)
}

// latest is the newest RTP packet that the telephone sent to each of a call's two ports for it.
func latest(t testing.TB, capture *peers.Capture, first int) []peers.Datagram {
	t.Helper()
	var newest [2]peers.Datagram
	from := map[int]int{}
	for _, d := range capture.Datagrams() {
		if _, known := from[d.To]; !known {
			from[d.To] = d.From // whoever came first
		}
		if i := (d.To - first) / 2; (d.To-first)%2 == 0 && from[d.To] == d.From {
			newest[i] = d
		}
	}
	require.NotEmpty(t, newest[0].Payload, fmt.Sprint("nothing came to ", first))
	require.NotEmpty(t, newest[1].Payload)
	return newest[:]
}

// forge makes a packet that could follow a genuine one, by the same source or one beside it.
func forge(genuine peers.Datagram, ahead uint16) []byte {
	var header rtp.Header
	size, err := header.Unmarshal(genuine.Payload)
	if err != nil {
		return nil
	}
	forged := append([]byte(nil), genuine.Payload...)
	binary.BigEndian.PutUint16(forged[2:], header.SequenceNumber+ahead)
	if ahead%2 == 1 {
		binary.BigEndian.PutUint32(forged[8:], header.SSRC+1)
	}
	for i := size + 1; i < len(forged); i++ {
		forged[i] ^= 0x55
	}
	return forged
}
