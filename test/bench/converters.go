package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

const converterSDP = `v=0
o=- 0 0 IN IP4 127.0.0.1
s=bench
c=IN IP4 127.0.0.1
t=0 0
m=audio %d RTP/AVP 8
a=rtpmap:8 PCMA/8000
`

// mostConverters is how many ffmpeg there are at most: each is a process of its own, so more would tell nothing new.
const mostConverters = 10

// converters is one ffmpeg process a call, tuned for low delay, which does what the gateway does for one direction of a
// call, but for encryption.
type converters struct{ processes []*child }

// convert starts one that sends to a phone what the phone says.
func (f *converters) convert(ctx context.Context, dir, name string, p *phone, codec []string) error {
	port, err := freeUDP(2)
	if err != nil {
		return err
	}
	path := filepath.Join(dir, name+".sdp")
	if err := os.WriteFile(path, fmt.Appendf(nil, converterSDP, port), 0o600); err != nil {
		return err
	}
	media, _ := p.leg.ports()
	args := append([]string{
		"-nostdin", "-v", "error", "-protocol_whitelist", "file,udp,rtp", "-fflags", "nobuffer", "-flags", "low_delay",
		"-analyzeduration", "100000", "-probesize", "5000", "-i", path,
	}, codec...)
	process, err := spawn(filepath.Join(dir, name+".log"), "ffmpeg",
		append(args, "-flush_packets", "1", "-f", "rtp", fmt.Sprintf("rtp://127.0.0.1:%d", media))...)
	if err != nil {
		return err
	}
	f.processes = append(f.processes, process)
	if err := process.await(ctx, "RTP port", func() bool { return udpTaken(port) }); err != nil {
		return err
	}
	p.start(ctx, target{audioPort: port, audioType: 8})
	return nil
}

func (f *converters) pids() []int {
	pids := make([]int, len(f.processes))
	for i, p := range f.processes {
		pids[i] = p.pid()
	}
	return pids
}

func (f *converters) close() {
	for _, p := range f.processes {
		p.stop()
	}
}

// converters measures ffmpeg at the chatter's work.
func (c chatter) converters(ctx context.Context) (t talked, err error) {
	t = talked{Contender: "ffmpeg", Way: c.way.name, Talks: min(c.talks, mostConverters)}
	phones, err := newPhones(t.Talks, c.voices)
	if err != nil {
		return t, err
	}
	var f converters
	defer func() {
		f.close()
		err = errors.Join(err, stopAll(phones))
	}()
	codec := []string{"-c:a", "copy"}
	if c.way.codec == "opus" {
		// As the gateway does it: fed with 8 kHz, and with its bit rate and complexity.
		codec = []string{
			"-c:a", "libopus", "-ar", "8000", "-b:a", "24k", "-application", "voip", "-frame_duration", "20", "-compression_level", "5",
		}
	}
	for i, p := range phones {
		if c.way.codec == "opus" {
			p.sounds = opusSounds
		}
		if err := f.convert(ctx, c.dir, fmt.Sprint("ffmpeg-", i), p, codec); err != nil {
			return t, err
		}
	}
	if err := pause(ctx, warmUp); err != nil {
		return t, err
	}
	t.Idle.Window = time.Second // there is nothing that is idle
	before := states(phones)
	if err := t.Busy.observe(ctx, &f, c.window); err != nil {
		return t, err
	}
	t.count(before, states(phones))
	if err := pause(ctx, settle); err != nil {
		return t, err
	}
	for i, h := range states(phones) {
		if i%markEvery == 0 {
			t.ToBrowser.add(moments{h.said.at, h.came.at}, t.Busy.from, t.Busy.to)
		}
	}
	return t, nil
}
