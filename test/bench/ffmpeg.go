package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
)

const ffmpegVideoType = 96

const ffmpegSDP = `v=0
o=- 0 0 IN IP4 127.0.0.1
s=bench
c=IN IP4 127.0.0.1
t=0 0
m=audio %d RTP/AVP 8
a=rtpmap:8 PCMA/8000
m=video %d RTP/AVP %d
a=rtpmap:%[3]d H264/90000
a=fmtp:%[3]d packetization-mode=1; sprop-parameter-sets=%[4]s
`

// ffmpeg is one ffmpeg process a call, tuned for low delay. The price of that is the first seconds: what it reads while
// it finds out about the streams is dropped, so its first picture is the second keyframe.
type ffmpeg struct {
	dir       string
	server    *nginx
	processes []*child
	targets   map[*line]target
}

func newFFmpeg(dir string, server *nginx) contender {
	return &ffmpeg{dir: dir, server: server, targets: map[*line]target{}}
}

func (f *ffmpeg) open(ctx context.Context, lines []*line) error {
	for _, l := range lines {
		if err := f.start(ctx, l); err != nil {
			return err
		}
	}
	return nil
}

// start runs a process and waits until it listens.
func (f *ffmpeg) start(ctx context.Context, l *line) error {
	port, err := freeUDP(4)
	if err != nil {
		return err
	}
	to := target{audioPort: port, videoPort: port + 2, audioType: 8, videoType: ffmpegVideoType}
	path := filepath.Join(f.dir, l.name+".sdp")
	sdp := fmt.Appendf(nil, ffmpegSDP, to.audioPort, to.videoPort, to.videoType, l.sender.clip.sets)
	if err := os.WriteFile(path, sdp, 0o600); err != nil {
		return err
	}
	process, err := spawn(filepath.Join(f.dir, l.name+".log"), "ffmpeg", "-nostdin", "-v", "error",
		"-protocol_whitelist", "file,udp,rtp", "-fflags", "nobuffer", "-analyzeduration", "500000", "-probesize", "50000",
		"-i", path, "-c:v", "copy", "-c:a", "aac", "-ar", "48000", "-b:a", "64k", "-f", "flv", f.server.url()+"/"+l.name)
	if err != nil {
		return err
	}
	f.processes = append(f.processes, process)
	f.targets[l] = to
	return process.await(ctx, "RTP ports", func() bool { return udpTaken(to.audioPort) && udpTaken(to.videoPort) })
}

func (f *ffmpeg) connect(ctx context.Context, l *line) error {
	l.sender.start(ctx, f.targets[l])
	return nil
}

func (f *ffmpeg) pids() []int {
	pids := make([]int, len(f.processes))
	for i, p := range f.processes {
		pids[i] = p.pid()
	}
	return pids
}

func (f *ffmpeg) close() error {
	for _, p := range f.processes {
		p.stop()
	}
	return nil
}
