package rtmptest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// The clip: a key picture each second, and a steady tone.
const (
	Width        = 320
	Height       = 180
	FPS          = 25
	ToneHz       = 1000
	clipSeconds  = 4
	sampleRate   = 48000
	frameSamples = 1024
)

const (
	nalIDR       = 5
	nalSPS       = 7
	nalPPS       = 8
	nalDelimiter = 9
)

// MakeClip has ffmpeg make the clip's inputs; options come before the output, e.g. for B-frames.
func MakeClip(t *testing.T, output string, options ...string) {
	t.Helper()
	args := []string{
		"-hide_banner", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=" + strconv.Itoa(Width) + "x" + strconv.Itoa(Height) + ":rate=" + strconv.Itoa(FPS),
		"-f", "lavfi", "-i", "sine=frequency=" + strconv.Itoa(ToneHz) + ":sample_rate=" + strconv.Itoa(sampleRate),
		"-t", strconv.Itoa(clipSeconds), "-c:v", "libx264", "-preset", "ultrafast", "-g", strconv.Itoa(FPS), "-pix_fmt", "yuv420p",
		"-c:a", "aac", "-b:a", "64k",
	}
	Run(t, "ffmpeg", append(append(args, options...), output)...)
}

// Run runs a command to its end and returns what it printed.
func Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, "%s: %s", name, out)
	return string(out)
}

// Clip is the clip as units.
type Clip struct {
	video, audio []*media.Unit
}

// NewClip makes the clip.
func NewClip(t *testing.T) *Clip {
	t.Helper()
	dir := t.TempDir()
	pictures, sound := filepath.Join(dir, "clip.h264"), filepath.Join(dir, "clip.aac")
	MakeClip(t, pictures, "-an", "-bf", "0", "-bsf:v", "h264_metadata=aud=insert", "-f", "h264")
	MakeClip(t, sound, "-vn", "-f", "adts")
	c := &Clip{video: pictureUnits(t, pictures), audio: soundUnits(t, sound)}
	require.Len(t, c.video, clipSeconds*FPS)
	require.NotEmpty(t, c.audio)
	return c
}

// pictureUnits cuts an Annex B file with delimiters into pictures.
func pictureUnits(t *testing.T, file string) (units []*media.Unit) {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	var format *media.Format
	var sps []byte
	var u *media.Unit
	for nal := range h264.AnnexB(b) {
		switch nal[0] & 0x1F {
		case nalDelimiter:
			at := time.Duration(len(units)) * time.Second / FPS
			u = &media.Unit{PTS: at, DTS: at}
			units = append(units, u)
		case nalSPS:
			sps = nal
		case nalPPS:
			if format == nil {
				format, err = h264.NewFormat(sps, nal)
				require.NoError(t, err)
			}
		default:
			u.Format, u.Key = format, u.Key || nal[0]&0x1F == nalIDR
			u.Payload = h264.AppendNAL(u.Payload, nal)
		}
	}
	return units
}

// soundUnits cuts an ADTS file (ISO 13818-7 section 6.2) into frames.
func soundUnits(t *testing.T, file string) (units []*media.Unit) {
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	const header = 7
	format := &media.Format{Codec: media.AAC, SampleRate: sampleRate, Channels: 1, Config: []byte{0x11, 0x88}}
	for len(b) > header {
		size := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5]>>5)
		at := time.Duration(len(units)) * frameSamples * time.Second / sampleRate
		units = append(units, &media.Unit{
			Format: format, PTS: at, DTS: at, Key: true,
			Duration: frameSamples * time.Second / sampleRate, Payload: b[header:size:size],
		})
		b = b[size:]
	}
	return units
}

// Play publishes the clip into a stream in real time, over and over, until the test ends or stop is called.
func (c *Clip) Play(t *testing.T, s *stream.Stream) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { c.play(ctx, s) })
	stop = func() {
		cancel()
		done.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func (c *Clip) play(ctx context.Context, s *stream.Stream) {
	pub := s.Publish(stream.PublisherParams{})
	defer pub.Close()
	began := time.Now()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var video, audio int
	for {
		now := time.Since(began)
		for ; c.at(c.video, video) <= now; video++ {
			pub.Write(c.unit(c.video, video))
		}
		for ; c.at(c.audio, audio) <= now; audio++ {
			pub.Write(c.unit(c.audio, audio))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

func (c *Clip) at(units []*media.Unit, n int) time.Duration {
	step := units[1].DTS - units[0].DTS
	return time.Duration(n) * step
}

// unit is the nth unit of the endless clip.
func (c *Clip) unit(units []*media.Unit, n int) *media.Unit {
	u := *units[n%len(units)]
	u.DTS = c.at(units, n)
	u.PTS = u.DTS
	u.Arrived = time.Now()
	return &u
}
