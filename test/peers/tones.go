package peers

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// HearTones returns the keys that somebody else's detector hears in the sound of a file.
func HearTones(t testing.TB, file string) (keys string) {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "sound.raw")
	ffmpeg(t, "-i", file, "-ac", "1", "-ar", "22050", "-f", "s16le", raw)
	out, err := exec.Command("multimon-ng", "-q", "-a", "DTMF", "-t", "raw", raw).CombinedOutput()
	require.NoError(t, err, "%s", out)
	for _, key := range toneHeard.FindAllStringSubmatch(string(out), -1) {
		keys += key[1]
	}
	return keys
}

var toneHeard = regexp.MustCompile(`(?m)^DTMF: (.)$`)

// WriteTones writes keys as SIPp plays sound, raw A-law: each sounds for 80 ms after 80 ms of silence.
func WriteTones(t testing.TB, keys string) (file string) {
	t.Helper()
	low := map[rune]int{}
	high := map[rune]int{}
	for row, hz := range []int{697, 770, 852, 941} {
		for column, key := range []string{"123A", "456B", "789C", "*0#D"}[row] {
			low[key], high[key] = hz, []int{1209, 1336, 1477, 1633}[column]
		}
	}
	const pause, slot = 0.08, 0.16 // seconds
	var sound []string
	for i, key := range keys {
		begin := float64(i) * slot
		sound = append(sound, fmt.Sprintf("between(t,%f,%f)*(sin(2*PI*%d*t)+sin(2*PI*%d*t))", begin+pause, begin+slot, low[key], high[key]))
	}
	file = filepath.Join(t.TempDir(), "tones.alaw")
	ffmpeg(t, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc=exprs='0.2*(%s)':d=%f:s=8000", strings.Join(sound, "+"), float64(len(keys))*slot+0.5),
		"-f", "alaw", file)
	return file
}

// WriteSpeech writes somebody who reads aloud, as SIPp plays sound.
func WriteSpeech(t testing.TB) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "speech.alaw")
	const text = "Please hold the line. Your call is important to us, and one of our agents will be with you in a moment. " +
		"Meanwhile you may leave your name, your number and the reason of your call after the tone."
	ffmpeg(t, "-f", "lavfi", "-i", "flite=voice=slt:text='"+text+"'", "-ar", "8000", "-f", "alaw", file)
	return file
}
