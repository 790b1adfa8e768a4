package content

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/assets"
)

// clip writes the demo clip, three times round, as FLV, as ffmpeg makes it with the arguments.
func clip(t *testing.T, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	video, err := assets.ClipVideo(0)
	require.NoError(t, err)
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, data, 0o600))
		return path
	}
	thrice := func(b []byte) []byte { return append(append(append([]byte{}, b...), b...), b...) }
	out := filepath.Join(dir, "clip.flv")
	run := []string{
		"-v", "error", "-nostdin", "-y", "-framerate", "25", "-i", file("v.h264", thrice(video)),
		"-f", "alaw", "-ar", "8000", "-ac", "1", "-i", file("a.alaw", thrice(assets.ClipAudio())), "-map", "0:v", "-map", "1:a",
		"-c:v", "copy", "-c:a", "aac", "-ar", "48000",
	}
	text, err := exec.Command("ffmpeg", append(append(run, args...), out)...).CombinedOutput()
	require.NoError(t, err, "%s", text)
	return out
}

func analyse(t *testing.T, path string) Report {
	t.Helper()
	r, err := Analyse(t.Context(), path)
	require.NoError(t, err)
	return r
}

func TestCleanClip(t *testing.T) {
	r := analyse(t, clip(t))
	require.Equal(t, 300, r.Frames)
	require.Zero(t, r.Damaged)
	require.Zero(t, r.Foreign)
	require.Zero(t, r.Skipped)
	require.Zero(t, r.Repeated)
	require.Zero(t, r.BackwardTimestamps)
	require.Zero(t, r.AudioHoles)
	require.Equal(t, 40*time.Millisecond, r.LongestVideoGap)
	require.InDelta(t, 12, r.VideoDuration.Seconds(), 0.1)
	require.InDelta(t, 12, r.AudioDuration.Seconds(), 0.1)
	require.Len(t, r.Flashes, 12)
	require.Len(t, r.Beeps, 12)
	_, least, most := r.Offset()
	require.Less(t, most, 15*time.Millisecond)
	require.Greater(t, least, -15*time.Millisecond)
}

func TestLateSoundIsMeasured(t *testing.T) {
	r := analyse(t, clip(t, "-af", "adelay=120"))
	median, _, _ := r.Offset()
	require.InDelta(t, 120, float64(median.Milliseconds()), 15)
}

func TestDamagedPicturesAreFound(t *testing.T) {
	r := analyse(t, clip(t, "-bsf:v", "noise=amount=400"))
	require.NotZero(t, r.Damaged+r.Skipped)
}

// TestDamageBesideTheBarsIsFound loses one slice in the middle of a keyframe: the bars say nothing of it.
func TestDamageBesideTheBarsIsFound(t *testing.T) {
	video, err := assets.ClipVideo(0)
	require.NoError(t, err)
	var slices int
	damaged := []byte{}
	for nal := range bytes.SplitSeq(video, []byte{0, 0, 1}) {
		const idr = 5
		if len(nal) > 0 && nal[0]&0x1F == idr {
			if slices++; slices == 4 {
				continue
			}
		}
		damaged = append(append(damaged, 0, 0, 1), nal...)
	}
	require.Greater(t, slices, 6)
	path := filepath.Join(t.TempDir(), "damaged.h264")
	require.NoError(t, os.WriteFile(path, damaged, 0o600))
	r := analyse(t, path)
	require.Greater(t, r.Damaged, 50, "until the next keyframe")
}

// TestEveryEntryIsTheClip: what a phone sends after a request for a keyframe is as good as the loop itself.
func TestEveryEntryIsTheClip(t *testing.T) {
	for entry := 0; entry < assets.ClipFrames; entry += assets.ClipEntryStep {
		video, err := assets.ClipVideo(entry)
		require.NoError(t, err)
		path := filepath.Join(t.TempDir(), "entry.h264")
		require.NoError(t, os.WriteFile(path, video, 0o600))
		r := analyse(t, path)
		require.Equal(t, assets.ClipFrames-entry, r.Frames)
		require.Zero(t, r.Damaged+r.Foreign+r.Skipped+r.Repeated, "entry %d: %+v", entry, r)
	}
}

func TestMissingAndForeignPicturesAreFound(t *testing.T) {
	r := analyse(t, clip(t, "-c:v", "libx264", "-vf",
		"select='not(between(n,40,49))',drawbox=color=black:t=fill:enable='between(n,100,110)'", "-fps_mode", "passthrough"))
	require.Equal(t, 11, r.Foreign)
	require.Equal(t, 10+11, r.Skipped)
	require.Equal(t, 440*time.Millisecond, r.LongestVideoGap)
}

func TestHolesInSoundAreFound(t *testing.T) {
	r := analyse(t, clip(t, "-af", "aselect='not(between(t,3,3.5))'"))
	require.NotZero(t, r.AudioHoles)
}

func TestTone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tone.wav")
	out, err := exec.Command("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=2", path).CombinedOutput()
	require.NoError(t, err, "%s", out)
	share, err := Tone(t.Context(), path, 440)
	require.NoError(t, err)
	require.Greater(t, share, 0.95)
	share, err = Tone(t.Context(), path, 1000)
	require.NoError(t, err)
	require.Less(t, share, 0.05)
}
