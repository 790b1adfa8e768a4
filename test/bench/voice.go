package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const (
	voiceRate = 8000
	harmonics = 10

	// What the two sides speak at, so that either is known again. No harmonic of one is one of the other.
	phonePitch   = 160 // Hz
	browserPitch = 210
)

// voices are what telephones say, as A-law frames.
type voices struct{ voice, marks [][]byte }

// makeVoices has ffmpeg make what is said. What the browsers say goes into a folder.
func makeVoices(ctx context.Context, dir string) (v voices, err error) {
	const marks = "if(lt(mod(t,1),0.2),0.5*sin(2*PI*1000*t),0)" // a beep a second
	for name, sound := range map[string]string{"phone": hum(phonePitch), "voice": hum(browserPitch), "marks": marks} {
		path := filepath.Join(dir, name)
		if err := ffmpegRun(ctx, "-f", "lavfi", "-i", fmt.Sprintf("aevalsrc='%s':s=48000:d=10", sound),
			"-c:a", "libopus", "-b:a", "32k", "-vbr", "constrained", "-application", "voip", "-page_duration", "20000", path+".ogg",
			"-ar", fmt.Sprint(voiceRate), "-c:a", "pcm_alaw", "-f", "alaw", path+".alaw"); err != nil {
			return v, err
		}
	}
	if v.voice, err = loadFrames(filepath.Join(dir, "phone.alaw")); err != nil {
		return v, err
	}
	v.marks, err = loadFrames(filepath.Join(dir, "marks.alaw"))
	return v, err
}

func ffmpegRun(ctx context.Context, args ...string) error {
	command := exec.CommandContext(ctx, "ffmpeg", append([]string{"-nostdin", "-v", "error", "-y"}, args...)...)
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ffmpeg: %w: %s", err, text)
	}
	return nil
}

// hum is a sound with harmonics and syllables like a voice's, but without pauses.
func hum(pitch int) string {
	parts := make([]string, harmonics)
	for i := range parts {
		parts[i] = fmt.Sprintf("sin(2*PI*%d*t)/%d", pitch*(i+1), i+1)
	}
	return "0.2*(0.55+0.45*sin(2*PI*4*t))*(" + strings.Join(parts, "+") + ")"
}

func loadFrames(path string) (frames [][]byte, err error) {
	samples, err := os.ReadFile(path)
	for len(samples) >= audioSize {
		frames, samples = append(frames, samples[:audioSize]), samples[audioSize:]
	}
	return frames, err
}

// decode returns the samples of a file, without its first second, in which the call began.
func decode(ctx context.Context, path string) ([]int16, error) {
	raw := path + ".s16"
	input := []string{"-i", path}
	if filepath.Ext(path) == ".alaw" {
		input = []string{"-f", "alaw", "-ar", fmt.Sprint(voiceRate), "-i", path}
	}
	if err := ffmpegRun(ctx, append(input, "-ss", "1", "-ac", "1", "-ar", fmt.Sprint(voiceRate), "-f", "s16le", raw)...); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(raw)
	samples := make([]int16, len(data)/2)
	for i := range samples {
		samples[i] = int16(binary.LittleEndian.Uint16(data[2*i:]))
	}
	return samples, err
}

// humShare is the part of the sound's power that is a hum of this pitch: all of it is 1. Pieces of a fifth of a second are
// looked at, so that the syllables do not matter.
func humShare(samples []int16, pitch int) float64 {
	const piece = voiceRate / 5
	var hum, all float64
	for len(samples) >= piece {
		for h := 1; h <= harmonics; h++ {
			hum += power(samples[:piece], float64(pitch*h))
		}
		for _, x := range samples[:piece] {
			all += float64(x) * float64(x)
		}
		samples = samples[piece:]
	}
	if all == 0 {
		return 0
	}
	return hum / all
}

// power is that of one frequency in samples, as a sum of squares.
func power(samples []int16, frequency float64) float64 {
	var re, im float64
	for i, x := range samples {
		sin, cos := math.Sincos(2 * math.Pi * frequency * float64(i) / voiceRate)
		re, im = re+float64(x)*cos, im+float64(x)*sin
	}
	return 2 * (re*re + im*im) / float64(len(samples))
}
