package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pion/rtp/codecs"
)

const (
	clipSeconds   = 20
	pictureRate   = 25 // per second
	keyframeEvery = 50 // pictures
	audioSize     = 160
	maxPayload    = 1200
)

// NAL unit types (ITU-T H.264 table 7-1).
const (
	nalSlice     = 1
	nalKeySlice  = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
)

// clip is what every call hears and sees, cut into RTP payloads once. It loops: it begins with a keyframe.
type clip struct {
	pictures [][][]byte // the payloads of each
	audio    [][]byte
	number   map[string]int // of the picture that has this slice
	sets     string         // sprop-parameter-sets (RFC 6184 section 8.1)
}

// makeClip has ffmpeg encode a test card, with one slice a picture, and loads it.
func makeClip(ctx context.Context, dir string) (*clip, error) {
	video, audio := filepath.Join(dir, "clip.h264"), filepath.Join(dir, "clip.alaw")
	command := exec.CommandContext(ctx, "ffmpeg", "-nostdin", "-v", "error", "-y", "-t", fmt.Sprint(clipSeconds),
		"-f", "lavfi", "-i", fmt.Sprintf("testsrc2=size=640x360:rate=%d", pictureRate), "-t", fmt.Sprint(clipSeconds),
		"-f", "lavfi", "-i", "aevalsrc='0.5*sin(2*PI*(300+200*sin(t))*t)':s=8000",
		"-map", "0:v", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "baseline", "-level", "3.1", "-bf", "0",
		"-pix_fmt", "yuv420p", "-g", fmt.Sprint(keyframeEvery), "-b:v", "500k", "-maxrate", "500k", "-bufsize", "500k",
		"-x264-params", "scenecut=0:repeat-headers=1:aud=1:slices=1:sliced-threads=0", "-f", "h264", video,
		"-map", "1:a", "-c:a", "pcm_alaw", "-f", "alaw", audio)
	if text, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("make clip: %w: %s", err, text)
	}
	pictures, err := os.ReadFile(video)
	if err != nil {
		return nil, err
	}
	sound, err := os.ReadFile(audio)
	if err != nil {
		return nil, err
	}
	return newClip(pictures, sound)
}

// newClip packetises an H.264 byte stream with access unit delimiters, and A-law samples.
func newClip(video, audio []byte) (*clip, error) {
	c := &clip{number: map[string]int{}}
	var payloader codecs.H264Payloader
	var sets [2]string
	for nal := range bytes.SplitSeq(video, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) == 0 {
			continue
		}
		kind := nal[0] & 0x1F
		if kind == nalDelimiter {
			c.pictures = append(c.pictures, nil)
			continue
		}
		if len(c.pictures) == 0 {
			return nil, errors.New("clip does not begin with an access unit delimiter")
		}
		last := len(c.pictures) - 1
		switch kind {
		case nalSPS, nalPPS:
			sets[kind-nalSPS] = base64.StdEncoding.EncodeToString(nal)
		case nalSlice, nalKeySlice:
			if _, twice := c.number[string(nal)]; twice {
				return nil, fmt.Errorf("picture %d of the clip is not the only one of its kind", last)
			}
			c.number[string(nal)] = last
		}
		c.pictures[last] = append(c.pictures[last], payloader.Payload(maxPayload, nal)...)
	}
	c.sets = strings.Join(sets[:], ",")
	for len(audio) >= audioSize {
		c.audio, audio = append(c.audio, audio[:audioSize]), audio[audioSize:]
	}
	if len(c.number) != len(c.pictures) || len(c.audio) != len(c.pictures)*ticksPerPicture || len(c.audio) == 0 {
		return nil, fmt.Errorf("clip has %d pictures, %d slices and %d audio frames", len(c.pictures), len(c.number), len(c.audio))
	}
	return c, nil
}
