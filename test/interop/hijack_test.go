package interop

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync"
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

// TestForgerBeforeTheCaller: from the moment a call that comes in can be answered, somebody at another address floods its port
// with sound, and does so on. The caller acknowledges late, and sends from another port than its description says. It is on air
// all the same, and spoken to.
func TestForgerBeforeTheCaller(t *testing.T) {
	const (
		portsOfACall = 4
		hesitation   = 3 * time.Second
	)
	first := peers.FreePorts(t, portsOfACall)
	g := startGateway(t, func(c *gateway.Config) {
		c.RTP = gateway.RTPConfig{PortMin: first, PortMax: first + portsOfACall - 1}
		c.SIP.Rules = []gateway.AnswerRule{{Callee: "studio", Stream: "air"}}
	})
	forger, err := net.ListenPacket("udp", "127.0.0.2:0")
	require.NoError(t, err)
	stop := make(chan struct{})
	var flood sync.WaitGroup
	flood.Go(func() {
		pace := time.NewTicker(20 * time.Millisecond)
		defer pace.Stop()
		for n := uint16(0); ; n++ {
			pkt := rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 8, SequenceNumber: n, Timestamp: 160 * uint32(n), SSRC: 666}}
			pkt.Payload = bytes.Repeat([]byte{0x2a, 0xaa}, 80) // as loud as can be
			if b, err := pkt.Marshal(); err == nil {
				_, _ = forger.WriteTo(b, &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: first})
			}
			select {
			case <-pace.C:
			case <-stop:
				return
			}
		}
	})
	t.Cleanup(func() { close(stop); flood.Wait(); _ = forger.Close() })

	caller := peers.StartSIPpAt(t, "127.0.0.1", "../testdata/sipp/script.xml", map[string]any{
		"User": "studio", "First": sound(1, "Port", "[media_port+6]"), "Sound": peers.WriteClip(t, 1).Sound,
		"Hesitates": hesitation.Milliseconds(),
	}, g.listener(t, "sip"))
	require.Eventually(t, func() bool {
		calls := g.api.Snapshot().Calls
		return len(calls) == 1 && calls[0].Audio.Remote == forger.LocalAddr().String()
	}, patience, 20*time.Millisecond, "the forger was first")
	id := g.waitTaken(t, "studio")
	sends := fmt.Sprintf("127.0.0.1:%d", caller.Port+2)
	require.Eventually(t, func() bool { return g.call(t, id).Audio.Remote == sends }, patience, 20*time.Millisecond)
	before := g.call(t, id).Audio
	g.requireBeepsNow(t, "air")
	after := g.call(t, id).Audio
	require.Equal(t, sends, after.Remote)
	require.Greater(t, after.Discarded, before.Discarded+100, "it goes on")
	g.hangUp(t, id)
	caller.Finished(t, patience)
}
