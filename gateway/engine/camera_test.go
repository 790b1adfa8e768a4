//go:build cgo && !nolibav

package engine

import (
	"bytes"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"

	"callcast/assets"
	"callcast/gateway"
	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/video"
	"callcast/gateway/internal/media"
)

// TestCallerPutsItsCameraIn while the call goes on, in one codec and then in another: it is sent pictures in that codec at
// once, and taken out it is sent none.
func TestCallerPutsItsCameraIn(t *testing.T) {
	e, _ := desk(t)
	p := &oldPhone{desk: net.UDPAddrFromAddrPort(e.agent.Addr())}
	var camera net.PacketConn
	for _, conn := range []*net.PacketConn{&p.sip, &p.audio, &camera} {
		var err error
		*conn, err = new(net.ListenConfig).ListenPacket(t.Context(), "udp4", "127.0.0.1:0")
		require.NoError(t, err)
		defer (*conn).Close()
	}
	describe := func(pictures string) string {
		return strings.ReplaceAll(fmt.Sprintf("v=0\no=- 1 %d IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio %d RTP/AVP 8\n%s",
			1+p.changes, port(p.audio), pictures), "\n", "\r\n")
	}
	events := follow(t, e)
	p.request(t, "INVITE", "", describe(""))
	p.expect(t, "180")
	require.NoError(t, e.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: "old-1"}))
	ok := p.expect(t, "200")
	require.NotContains(t, ok, "m=video")
	tag := regexp.MustCompile(`(?i)\nTo:[^\r]*(;tag=[^;\r]+)`).FindStringSubmatch(ok)
	require.Len(t, tag, 2)
	p.request(t, "ACK", tag[1], "")
	events.await(t, "old-1", established)

	for _, codec := range []media.Codec{media.VP8, media.H264, media.VP8} {
		p.changes++
		p.request(t, "UPDATE", tag[1], describe(fmt.Sprintf("m=video %d RTP/AVP 99\na=rtpmap:99 %s/90000\n", port(camera), codec)))
		ok := p.expect(t, "200")
		require.Contains(t, ok, "RTP/AVP 99\r\n")
		require.Equal(t, 2, strings.Count(ok, "a=sendrecv"))
		requirePicture(t, camera, codec)
	}
	p.changes++
	p.request(t, "UPDATE", tag[1], describe("m=video 0 RTP/AVP 99\n"))
	require.Contains(t, p.expect(t, "200"), "m=video 0 RTP/AVP 99")
	require.NoError(t, e.EndCall(t.Context(), "old-1"))
}

func port(c net.PacketConn) int { return c.LocalAddr().(*net.UDPAddr).Port }

// requirePicture waits for the slate in a codec.
func requirePicture(t *testing.T, from net.PacketConn, codec media.Codec) {
	t.Helper()
	slate := map[media.Codec][]byte{media.VP8: assets.SlateVP8(), media.H264: assets.Slate()}[codec]
	seen := false
	d := video.NewDepacketiser(codec, func(p video.Picture) {
		if codec == media.VP8 {
			seen = seen || bytes.Equal(p.Payload, slate)
			return
		}
		for nal := range h264.NALs(p.Payload) {
			seen = seen || len(nal) > 100 && bytes.Contains(slate, nal)
		}
	})
	buf := make([]byte, 1500)
	require.NoError(t, from.SetReadDeadline(time.Now().Add(patience)))
	for !seen {
		n, _, err := from.ReadFrom(buf)
		require.NoError(t, err, "no %s comes", codec)
		var packet rtp.Packet
		require.NoError(t, packet.Unmarshal(buf[:n]))
		d.Push(video.Packet{Timestamp: packet.Timestamp, Marker: packet.Marker, Payload: packet.Payload})
	}
}
