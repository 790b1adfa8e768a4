package demophone

import (
	"bytes"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/assets"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestAnswersWithTheClip(t *testing.T) {
	tests := map[string]struct {
		media, audio, video string
	}{
		"mode 1 preferred": {offerAudio + offerVideo, " RTP/AVP 8 101\r\n", " RTP/AVPF 96\r\n"},
		"mode 0 only": {
			offerAudio + "m=video %VIDEO% RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n", " RTP/AVP 8 101\r\n", " RTP/AVP 97\r\n",
		},
		"mu-law only": {
			"m=audio %AUDIO% RTP/AVP 0\r\n" + offerVideo, " RTP/AVP 0\r\n", " RTP/AVPF 96\r\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t, start(t, Params{}))
			sdp := c.establish(test.media)
			require.Contains(t, sdp, test.audio)
			require.Contains(t, sdp, test.video)

			stream, first := c.pictures(assets.ClipEntryStep)
			require.Equal(t, assets.ClipEntryStep, decoded(t, stream))
			audio := c.packet(c.audio)
			require.Len(t, audio.Payload, 160)
			next := c.packet(c.audio)
			require.Equal(t, audio.Timestamp+160, next.Timestamp)
			require.Equal(t, audio.SequenceNumber+1, next.SequenceNumber)
			require.Equal(t, first[0].Timestamp+3600, first[1].Timestamp)
		})
	}
}

// decoded is how many pictures the ffmpeg program finds in a byte stream without complaint.
func decoded(t *testing.T, stream []byte) int {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-xerror", "-err_detect", "explode",
		"-f", "h264", "-i", "pipe:0", "-vf", "scale=16:16,format=gray", "-vsync", "passthrough", "-f", "rawvideo", "pipe:1")
	cmd.Stdin = bytes.NewReader(stream)
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	require.NoError(t, err, complaint.String())
	require.Empty(t, complaint.String())
	return len(out) / 256
}

func TestKeyframeIsSoonThere(t *testing.T) {
	ask := map[string]struct {
		send func(c *caller, media *rtp.Packet, control netip.AddrPort)
		want Keyframes
	}{
		"PLI": {func(c *caller, p *rtp.Packet, to netip.AddrPort) {
			c.sendRTCP(to, &rtcp.PictureLossIndication{MediaSSRC: p.SSRC})
		}, Keyframes{PLI: 1}},
		"FIR, repeated": {func(c *caller, p *rtp.Packet, to netip.AddrPort) {
			fir := &rtcp.FullIntraRequest{MediaSSRC: p.SSRC, FIR: []rtcp.FIREntry{{SSRC: p.SSRC, SequenceNumber: 7}}}
			c.sendRTCP(to, fir)
			c.sendRTCP(to, fir)
		}, Keyframes{FIR: 1}},
		"INFO": {func(c *caller, _ *rtp.Packet, _ netip.AddrPort) {
			c.request("INFO", "application/media_control+xml",
				"<media_control><vc_primitive><to_encoder><picture_fast_update/></to_encoder></vc_primitive></media_control>")
		}, Keyframes{Info: 1}},
	}
	for name, test := range ask {
		t.Run(name, func(t *testing.T) {
			c := newCaller(t, start(t, Params{}))
			sdp := c.establish(offerAudio + offerVideo)
			_, first := c.pictures(2)
			test.send(c, first[0], netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portIn(t, sdp, "video")+1))
			c.await(func(i CallInfo) bool { return i.Keyframes == test.want })
			var p *rtp.Packet
			for p = c.packet(c.video); !hasSPS(p.Payload); p = c.packet(c.video) {
			}
			late := (p.Timestamp - first[1].Timestamp) / 3600
			require.LessOrEqual(t, late, uint32(10), "pictures until the keyframe")
			require.Zero(t, (p.Timestamp-first[0].Timestamp)/3600%assets.ClipEntryStep)
			stream, _ := c.pictures(1)
			require.NotEmpty(t, stream)
		})
	}
}

// hasSPS reports whether a payload is an aggregate with a sequence parameter set, as it stands before each IDR.
func hasSPS(payload []byte) bool {
	const stapA, sps = 24, 7
	return len(payload) > 3 && payload[0]&0x1F == stapA && payload[3]&0x1F == sps
}

func (c *caller) sendRTCP(to netip.AddrPort, p rtcp.Packet) {
	c.t.Helper()
	raw, err := p.Marshal()
	require.NoError(c.t, err)
	_, err = c.video.WriteToUDPAddrPort(raw, to)
	require.NoError(c.t, err)
}

// portIn is the port of an m-line.
func portIn(t *testing.T, sdp, kind string) uint16 {
	t.Helper()
	sections, err := parseOffer([]byte(sdp))
	require.NoError(t, err)
	for _, s := range sections {
		if s.kind == kind {
			return s.port
		}
	}
	t.Fatalf("no %s in %s", kind, sdp)
	return 0
}

func TestHearsTones(t *testing.T) {
	c := newCaller(t, start(t, Params{}))
	sdp := c.establish(offerAudio)
	to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), portIn(t, sdp, "audio"))
	seq := uint16(0)
	for stamp, event := range []byte{5, 5, 11} { // 5 5 #, each in four packets
		for i := range 4 {
			end := byte(0)
			if i > 0 {
				end = 0x80
			}
			p := rtp.Packet{
				Header:  rtp.Header{Version: 2, PayloadType: 101, SequenceNumber: seq, Timestamp: uint32(stamp) * 1600},
				Payload: []byte{event, end | 10, 3, 32},
			}
			seq++
			raw, err := p.Marshal()
			require.NoError(t, err)
			_, err = c.audio.WriteToUDPAddrPort(raw, to)
			require.NoError(t, err)
		}
	}
	c.await(func(i CallInfo) bool { return i.Tones == "55#" && i.AudioPackets == 12 })
	c.request("INFO", "application/dtmf-relay", "Signal=9\r\nDuration=160\r\n")
	c.expect(200, "INFO")
	c.request("INFO", "application/dtmf", "*")
	c.expect(200, "INFO")
	c.request("INFO", "application/dtmf", "no tone")
	c.expect(415, "INFO")
	c.await(func(i CallInfo) bool { return i.Tones == "55#9*" })
}

// Sound and picture that leave together must be tied to the same moment by the sender reports.
func TestSenderReportsAgree(t *testing.T) {
	c := newCaller(t, start(t, Params{}))
	control := make([]*net.UDPConn, 2)
	media := offerAudio + offerVideo
	for i, kind := range []string{"a=sendrecv", "a=recvonly"} {
		var err error
		control[i], err = listen(netip.MustParseAddr("127.0.0.1"), 0)
		require.NoError(t, err)
		defer func() { require.NoError(t, control[i].Close()) }()
		media = strings.Replace(media, kind, "a=rtcp:"+control[i].LocalAddr().String()[len("127.0.0.1:"):]+"\r\n"+kind, 1)
	}
	c.establish(media)
	audio, video := c.packet(c.audio), c.packet(c.video)
	begin := time.Now()
	var origin [2]float64 // NTP time of the first packet of each kind
	for i, first := range []*rtp.Packet{audio, video} {
		buffer := make([]byte, readSize)
		require.NoError(t, control[i].SetReadDeadline(time.Now().Add(patient)))
		n, err := control[i].Read(buffer)
		require.NoError(t, err)
		packets, err := rtcp.Unmarshal(buffer[:n])
		require.NoError(t, err)
		sr, ok := packets[0].(*rtcp.SenderReport)
		require.True(t, ok)
		require.Equal(t, first.SSRC, sr.SSRC)
		rate := []float64{audioRate, videoRate}[i]
		origin[i] = float64(sr.NTPTime>>32) + float64(uint32(sr.NTPTime))/(1<<32) - float64(sr.RTPTime-first.Timestamp)/rate
	}
	require.InDelta(t, 1, time.Since(begin).Seconds(), 0.3, "the first report comes after a second")
	require.InDelta(t, origin[0], origin[1], 0.5e-3)
	require.InDelta(t, float64(begin.UnixMilli())/1000+2208988800, origin[0], 0.1)
}

func TestLossIsASequenceGap(t *testing.T) {
	c := newCaller(t, start(t, Params{Loss: 0.3, PTime: 10 * time.Millisecond}))
	c.establish(offerAudio)
	first := c.packet(c.audio)
	var last *rtp.Packet
	const n = 40
	for range n {
		last = c.packet(c.audio)
	}
	require.Len(t, last.Payload, 80)
	gone := int(last.SequenceNumber-first.SequenceNumber) - n
	require.InDelta(t, n*0.3/0.7, gone, 14)
	require.Equal(t, uint32(last.SequenceNumber-first.SequenceNumber)*80, last.Timestamp-first.Timestamp)
}

func TestClipIsOneLoop(t *testing.T) {
	c, err := loadClip()
	require.NoError(t, err)
	var whole bytes.Buffer
	jump := func(entry, until int) {
		for i := entry * assets.ClipEntryStep; i < until; i++ {
			for _, nal := range c.entries[entry][i-entry*assets.ClipEntryStep].single {
				require.LessOrEqual(t, len(nal), 1100)
				whole.Write(append([]byte{0, 0, 0, 1}, nal...))
			}
		}
	}
	jump(0, 35)
	jump(7, 100)
	jump(0, 100)
	require.Equal(t, 200, decoded(t, whole.Bytes()))
}

// The codes of both laws stand for the same levels, within the step of the coarser one.
func TestAlawToUlaw(t *testing.T) {
	tests := map[byte]byte{0xD5: 0xFE, 0x55: 0x7E, 0xAA: 0x80, 0x2A: 0x00}
	for a, u := range tests {
		require.Equal(t, u, alawToUlaw(a), "%#x", a)
	}
}
