package peers

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v4"
	"github.com/stretchr/testify/require"
)

// recorder lets ffmpeg put RTP into a file: it depacketises with its own code, and stands the tracks to each other by
// the sender reports.
type recorder struct {
	process *process
	path    string
	tracks  map[webrtc.RTPCodecType]ports
}

// ports are where RTP and RTCP of a track go.
type ports struct{ media, reports net.Conn }

func startRecorder(t testing.TB, want Viewing) *recorder {
	t.Helper()
	dir := t.TempDir()
	r := &recorder{path: filepath.Join(dir, "viewer.mkv"), tracks: map[webrtc.RTPCodecType]ports{}}
	first := FreePorts(t, 4)
	description := "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\n"
	var taken []int
	if want.Video {
		if want.VP8 {
			description += fmt.Sprintf("m=video %d RTP/AVP %d\na=rtpmap:%[2]d VP8/90000\n", first, typeVP8)
		} else {
			description += fmt.Sprintf("m=video %d RTP/AVP %d\na=rtpmap:%[2]d H264/90000\na=fmtp:%[2]d packetization-mode=1\n", first, typeH264)
		}
		r.tracks[webrtc.RTPCodecTypeVideo] = dialPorts(t, first)
		taken = append(taken, first)
	}
	switch want.Audio {
	case "opus":
		description += fmt.Sprintf("m=audio %d RTP/AVP %d\na=rtpmap:%[2]d opus/48000/2\n", first+2, typeOpus)
	case "PCMA":
		description += fmt.Sprintf("m=audio %d RTP/AVP %d\na=rtpmap:%[2]d PCMA/8000\n", first+2, typePCMA)
	}
	if want.Audio != "" {
		r.tracks[webrtc.RTPCodecTypeAudio] = dialPorts(t, first+2)
		taken = append(taken, first+2)
	}
	sdp := filepath.Join(dir, "viewer.sdp")
	require.NoError(t, os.WriteFile(sdp, []byte(strings.ReplaceAll(description, "\n", "\r\n")), 0o600))
	r.process = start(t, dir, "ffmpeg", "-v", "warning", "-nostdin", "-y", "-protocol_whitelist", "file,udp,rtp",
		"-buffer_size", "4000000", "-i", sdp, "-c", "copy", "-t", fmt.Sprint(want.Record.Seconds()), r.path)
	require.Eventually(t, func() bool {
		for _, port := range taken {
			if !udpTaken(port) || !udpTaken(port+1) {
				return false
			}
		}
		return true
	}, patience, 5*time.Millisecond, "ffmpeg does not listen")
	return r
}

func dialPorts(t testing.TB, port int) ports {
	t.Helper()
	dial := func(port int) net.Conn {
		conn, err := net.Dial("udp", fmt.Sprintf("127.0.0.1:%d", port))
		require.NoError(t, err)
		t.Cleanup(func() { _ = conn.Close() })
		return conn
	}
	return ports{dial(port), dial(port + 1)}
}

// packet passes a packet on. Without a recorder it is dropped.
func (r *recorder) packet(kind webrtc.RTPCodecType, packet []byte) {
	if r != nil {
		_, _ = r.tracks[kind].media.Write(packet)
	}
}

func (r *recorder) report(kind webrtc.RTPCodecType, report *rtcp.SenderReport) {
	if r == nil {
		return
	}
	if raw, err := report.Marshal(); err == nil {
		_, _ = r.tracks[kind].reports.Write(raw)
	}
}

// finish waits until ffmpeg has as much as it was to record, and returns the file.
func (r *recorder) finish(t testing.TB) string {
	t.Helper()
	select {
	case <-r.process.done:
	case <-time.After(time.Minute):
		_ = syscall.Kill(r.process.cmd.Process.Pid, syscall.SIGINT)
		<-r.process.done
	}
	return r.path
}
