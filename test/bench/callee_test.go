package main

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

const invite = "INVITE %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP 127.0.0.1:8;branch=z9hG4bK0\r\n" +
	"From: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: 77\r\nCSeq: 1 INVITE\r\n\r\n"

func sdpOffer(audio, video int) string {
	return fmt.Sprintf("v=0\r\nm=audio %d RTP/AVP 8 0 101\r\na=fmtp:101 0-15\r\nm=video %d RTP/AVPF 96 97\r\n"+
		"a=fmtp:96 packetization-mode=0\r\na=fmtp:97 profile-level-id=42e01f;packetization-mode=1\r\n", audio, video)
}

func TestParseOffer(t *testing.T) {
	o, err := parseOffer(sdpOffer(4000, 4002))
	require.NoError(t, err)
	require.Equal(t, offer{
		target: target{audioPort: 4000, videoPort: 4002, audioType: 8, videoType: 97}, audioProfile: "RTP/AVP", videoProfile: "RTP/AVPF",
	}, o)
	for _, bad := range []string{
		"", sdpOffer(4000, 0), sdpOffer(4000, 99999), "m=audio\r\n", strings.ReplaceAll(sdpOffer(4000, 4002), ":97", ":x"),
	} {
		_, _, err := new(sender).accept(bad)
		require.Error(t, err, bad)
	}
}

func FuzzCallee(f *testing.F) {
	f.Add(fmt.Sprintf(invite, "sip:x@y") + sdpOffer(4000, 4002))
	f.Add("BYE sip:x SIP/2.0\r\nTo: y;tag=1\r\n\r\n")
	f.Add("SIP/2.0 200 OK\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := parseRequest(text)
		if ok {
			require.True(t, strings.HasPrefix(string(r.reply("200 OK", "")), "SIP/2.0 200 OK\r\n"))
			_, _ = parseOffer(r.body)
		}
	})
}

// exchange sends a SIP message and returns what comes back.
func exchange(t *testing.T, conn net.Conn, text string, answers int) []string {
	t.Helper()
	_, err := conn.Write([]byte(text))
	require.NoError(t, err)
	got := make([]string, answers)
	for i := range got {
		got[i] = string(datagram(t, conn))
	}
	return got
}

func datagram(t *testing.T, conn net.Conn) []byte {
	t.Helper()
	buffer := make([]byte, 2048)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	n, err := conn.Read(buffer)
	require.NoError(t, err)
	return buffer[:n]
}

// receiver opens RTP and RTCP ports next to each other.
func receiver(t *testing.T) (media, control *net.UDPConn) {
	t.Helper()
	port, err := freeUDP(2)
	require.NoError(t, err)
	media, err = net.ListenUDP("udp", loopback(port))
	require.NoError(t, err)
	t.Cleanup(func() { _ = media.Close() })
	control, err = net.ListenUDP("udp", loopback(port+1))
	require.NoError(t, err)
	t.Cleanup(func() { _ = control.Close() })
	return media, control
}

func port(c *net.UDPConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

func TestCalleeAnswersAndPlays(t *testing.T) {
	defer goleak.VerifyNone(t)
	callee, err := startCallee(context.Background())
	require.NoError(t, err)
	s, err := newSender(testClip(t))
	require.NoError(t, err)
	uri := callee.expect("anna", s)
	conn, err := net.Dial("udp", callee.conn.LocalAddr().String())
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	audio, _ := receiver(t)
	video, videoControl := receiver(t)

	text := fmt.Sprintf(invite, uri) + sdpOffer(port(audio), port(video))
	got := exchange(t, conn, text, 2)
	require.Contains(t, got[0], "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK1\r\nVia: SIP/2.0/UDP 127.0.0.1:8;")
	require.Contains(t, got[1], "SIP/2.0 200 OK\r\n")
	require.Contains(t, got[1], "CSeq: 1 INVITE\r\nContact: <"+uri+">\r\n")
	require.Contains(t, got[1], "m=video "+fmt.Sprint(port(s.video.rtp))+" RTP/AVPF 97\r\n")
	require.Equal(t, got[1:], exchange(t, conn, text, 1), "a retransmission gets the same answer")
	require.Contains(t, exchange(t, conn, fmt.Sprintf(strings.Replace(invite, "77", "78", 1), "sip:nobody@x"), 1)[0], "SIP/2.0 500 ")

	var frames []rtp.Packet
	for range 4 {
		var p rtp.Packet
		require.NoError(t, p.Unmarshal(datagram(t, video)))
		frames = append(frames, p)
	}
	require.Equal(t, []bool{false, false, true, true}, []bool{frames[0].Marker, frames[1].Marker, frames[2].Marker, frames[3].Marker})
	require.Equal(t, slice, frames[3].Payload)
	require.Equal(t, uint32(videoClock/pictureRate), frames[3].Timestamp-frames[0].Timestamp)
	require.Equal(t, uint8(97), frames[0].PayloadType)
	var sound rtp.Packet
	require.NoError(t, sound.Unmarshal(datagram(t, audio)))
	require.Equal(t, s.clip.audio[0], sound.Payload)
	reports, err := rtcp.Unmarshal(datagram(t, videoControl))
	require.NoError(t, err)
	require.Equal(t, frames[0].Timestamp, reports[0].(*rtcp.SenderReport).RTPTime)

	require.Contains(t, exchange(t, conn, "BYE "+uri+" SIP/2.0\r\nCSeq: 2 BYE\r\n\r\n", 1)[0], "SIP/2.0 200 OK\r\n")
	require.ErrorContains(t, callee.close(), `nobody expects a call to "nobody"`)
	require.NoError(t, s.stop())
	require.GreaterOrEqual(t, len(s.sent), 2)
	require.True(t, s.sent[0].After(s.began))
}
