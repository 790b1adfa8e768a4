package rtmptest

import (
	"encoding/binary"
	"math"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Recording is a file that something recorded.
type Recording string

// Pictures decodes all pictures and returns how many there are. Damage fails the test.
func (r Recording) Pictures(t *testing.T) int {
	t.Helper()
	out := Run(t, "ffmpeg", "-hide_banner", "-loglevel", "error", "-i", string(r), "-map", "0:v", "-f", "framemd5", "-")
	n := 0
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		require.Regexp(t, `^0,`, line, "the decoder complained")
		n++
	}
	return n
}

// Size is the size of the pictures, as "WxH".
func (r Recording) Size(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(Run(t, "ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height",
		"-of", "csv=p=0:s=x", string(r)))
}

// RequireMonotonic fails the test if the decoding time of a track steps back, or its first picture is no key picture.
func (r Recording) RequireMonotonic(t *testing.T) {
	t.Helper()
	out := Run(t, "ffprobe", "-v", "error", "-show_entries", "packet=codec_type,dts_time,flags", "-of", "csv=p=0", string(r))
	last := map[string]float64{}
	for line := range strings.Lines(out) {
		fields := strings.Split(strings.TrimSpace(line), ",")
		if len(fields) < 3 {
			continue // side data on a line of its own
		}
		dts, err := strconv.ParseFloat(fields[1], 64)
		require.NoError(t, err, line)
		before, seen := last[fields[0]]
		if !seen && fields[0] == "video" {
			require.Contains(t, fields[2], "K", "begins without a key picture")
		}
		if seen {
			require.Greater(t, dts, before, "%s steps back", fields[0])
		}
		last[fields[0]] = dts
	}
	require.Contains(t, last, "video")
	require.Contains(t, last, "audio")
}

// ToneShare is how much of the sound is the clip's tone, by windows of a tenth of a second: 1 if it is heard throughout.
func (r Recording) ToneShare(t *testing.T) float64 {
	t.Helper()
	const rate, window = 8000, 800
	pcm, err := exec.CommandContext(t.Context(), "ffmpeg", "-hide_banner", "-loglevel", "error", "-i", string(r),
		"-map", "0:a", "-ac", "1", "-ar", strconv.Itoa(rate), "-f", "s16le", "-").Output()
	require.NoError(t, err)
	windows, heard := 0, 0
	for ; len(pcm) >= 2*window; pcm = pcm[2*window:] {
		windows++
		if isTone(pcm[:2*window], rate) {
			heard++
		}
	}
	require.NotZero(t, windows, "no sound")
	return float64(heard) / float64(windows)
}

// isTone tells by Goertzel's algorithm whether most of the energy is at the tone.
func isTone(pcm []byte, rate float64) bool {
	coeff := 2 * math.Cos(2*math.Pi*ToneHz/rate)
	var s1, s2, energy float64
	n := float64(len(pcm) / 2)
	for ; len(pcm) > 1; pcm = pcm[2:] {
		x := float64(int16(binary.LittleEndian.Uint16(pcm)))
		s1, s2 = x+coeff*s1-s2, s1
		energy += x * x
	}
	power := s1*s1 + s2*s2 - coeff*s1*s2
	return energy > n*100*100 && power > 0.8*energy*n/2
}
