//go:build cgo && !nolibav

package rtmp

import (
	"bytes"
	"encoding/binary"
	"math"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/rtmp/rtmptest"
)

// sine is a second of a tone.
func sine(hz float64, rate int) []int16 {
	pcm := make([]int16, rate)
	for i := range pcm {
		pcm[i] = int16(12000 * math.Sin(2*math.Pi*hz*float64(i)/float64(rate)))
	}
	return pcm
}

// melody is what is heard in a file: a letter for each tenth of a second, t for the clip's tone, s for the sound, . for
// silence and ? for anything else, like what is on both sides of a change. Repeated letters are left out.
func melody(t *testing.T, file string) string {
	t.Helper()
	const rate, window = 8000, 800
	pcm, err := exec.CommandContext(t.Context(), "ffmpeg", "-hide_banner", "-loglevel", "error", "-i", file,
		"-map", "0:a", "-ac", "1", "-ar", "8000", "-f", "s16le", "-").Output()
	require.NoError(t, err)
	samples := make([]int16, len(pcm)/2)
	require.NoError(t, binary.Read(bytes.NewReader(pcm), binary.LittleEndian, samples))
	var heard []byte
	for ; len(samples) >= window; samples = samples[window:] {
		letter := byte('?')
		switch tone, sound, all := power(samples[:window], rtmptest.ToneHz), power(samples[:window], soundHz), power(samples[:window], 0); {
		case all < 100*100:
			letter = '.'
		case tone > 0.9*all:
			letter = 't'
		case sound > 0.9*all:
			letter = 's'
		}
		if letter != '?' && (len(heard) == 0 || heard[len(heard)-1] != letter) {
			heard = append(heard, letter)
		}
	}
	return string(heard)
}

const soundHz = 440

// power is the mean power at a frequency, or of everything at 0.
func power(pcm []int16, hz float64) float64 {
	var re, im, all float64
	for i, s := range pcm {
		sin, cos := math.Sincos(2 * math.Pi * hz * float64(i) / 8000)
		re, im = re+float64(s)*cos, im+float64(s)*sin
		all += float64(s) * float64(s)
	}
	n := float64(len(pcm))
	if hz == 0 {
		return all / n
	}
	return 2 * (re*re + im*im) / (n * n)
}

// What a server records is the stream's sound, silence while it is muted, the sound while that plays, and the stream's
// again, on one timeline, with all the pictures.
func TestPushWithOtherSound(t *testing.T) {
	nginx, clip, s := rtmptest.NewNginx(t), rtmptest.NewClip(t), newStream(t)
	p := start(t, s, target(t, nginx.URL("rec"), "name"))
	clip.Play(t, s)
	p.waitFor(t, gateway.RTMPActive, 5*time.Second)
	require.Equal(t, []int{rtmptest.Width, rtmptest.Height}, []int{p.State().Width, p.State().Height})
	p.waitForPictures(t, s, 15)
	p.SetMuted(true)
	p.waitForPictures(t, s, 15)
	ended := make(chan struct{})
	p.PlaySound(sine(soundHz, 16000), 16000, false, func() { close(ended) })
	<-ended
	p.waitForPictures(t, s, 15)
	p.SetMuted(false)
	p.waitForPictures(t, s, 15)
	p.stop()
	file := nginx.Recordings(t, "name")[0]
	got := rtmptest.Recording(file)
	got.RequireMonotonic(t)
	require.Greater(t, got.Pictures(t), 3*rtmptest.FPS)
	require.Equal(t, "t.s.t", melody(t, file))
}
