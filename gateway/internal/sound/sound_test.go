package sound

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// made is a file of a second of 500 Hz at half of full scale on the first channel, silence on the others, as the ffmpeg
// program writes it.
func made(t *testing.T, codec string, rate, channels int, args ...string) string {
	t.Helper()
	dir := t.TempDir()
	source := "aevalsrc=0.5*sin(2*PI*500*t)" + strings.Repeat("|0", channels-1)
	all := append([]string{
		"-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", fmt.Sprintf("%s:s=%d:d=1", source, rate), "-c:a", codec,
	}, args...)
	out, err := exec.CommandContext(t.Context(), "ffmpeg", append(all, filepath.Join(dir, "a.wav"))...).CombinedOutput()
	require.NoError(t, err, string(out))
	return dir
}

// strength is the amplitude of a tone in a clip, and that of all else.
func strength(c *Clip, hz float64) (tone, rest float64) {
	var re, im, power float64
	for i, s := range c.Samples {
		v := float64(s) / 32768
		w := 2 * math.Pi * hz * float64(i) / float64(c.Rate)
		re, im, power = re+v*math.Sin(w), im+v*math.Cos(w), power+v*v
	}
	n := float64(len(c.Samples))
	tone = 2 * math.Hypot(re, im) / n
	return tone, math.Sqrt(max(0, power/n-tone*tone/2))
}

func TestEveryCodingIsHeard(t *testing.T) {
	tests := []struct {
		codec          string
		rate, channels int
		rest           float64
	}{
		{"pcm_u8", 11025, 1, 0.005},
		{"pcm_s16le", 8000, 1, 0.0001},
		{"pcm_s16le", 44100, 2, 0.0001},
		{"pcm_s16le", 48000, 6, 0.0001}, // extensible
		{"pcm_s24le", 96000, 2, 0.0001}, // extensible
		{"pcm_s32le", 192000, 1, 0.0001},
		{"pcm_f32le", 48000, 3, 0.0001},
		{"pcm_alaw", 8000, 1, 0.015},
		{"pcm_mulaw", 16000, 2, 0.015},
	}
	for _, test := range tests {
		t.Run(fmt.Sprint(test.codec, test.rate, test.channels), func(t *testing.T) {
			c, err := Load(made(t, test.codec, test.rate, test.channels), "a.wav")
			require.NoError(t, err)
			require.Equal(t, test.rate, c.Rate)
			require.Len(t, c.Samples, test.rate)
			tone, rest := strength(c, 500)
			require.InDelta(t, 0.5/float64(test.channels), tone, 0.01)
			require.Less(t, rest, test.rest)
		})
	}
}

func TestCodingsThatAreNotPlayed(t *testing.T) {
	for _, codec := range []string{"pcm_f64le", "adpcm_ima_wav"} {
		_, err := Load(made(t, codec, 8000, 1), "a.wav")
		require.ErrorIs(t, err, ErrFormat)
		require.NotErrorIs(t, err, ErrMissing)
	}
}

// wav is a file with a data chunk that claims a size.
func wav(tag, channels uint16, rate uint32, bits uint16, claimed uint32, data []byte) []byte {
	b := []byte("RIFF\x00\x00\x00\x00WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00")
	b = binary.LittleEndian.AppendUint16(b, tag)
	b = binary.LittleEndian.AppendUint16(b, channels)
	b = binary.LittleEndian.AppendUint32(b, rate)
	b = binary.LittleEndian.AppendUint32(b, rate*uint32(channels*bits/8))
	b = binary.LittleEndian.AppendUint16(b, channels*bits/8)
	b = binary.LittleEndian.AppendUint16(b, bits)
	b = append(b, "data"...)
	b = binary.LittleEndian.AppendUint32(b, claimed)
	return append(b, data...)
}

func TestSizesThatLie(t *testing.T) {
	data := []byte{1, 0, 2, 0, 3, 0, 9} // the last sample is cut
	for _, claimed := range []uint32{0, 7, 8, 1 << 30, unfinished} {
		c, err := parse(wav(tagPCM, 1, 8000, 16, claimed, data))
		require.NoError(t, err)
		require.Equal(t, []int16{1, 2, 3}, c.Samples)
	}
	c, err := parse(wav(tagPCM, 1, 8000, 16, 4, data))
	require.NoError(t, err)
	require.Equal(t, []int16{1, 2}, c.Samples, "what follows is not sound")
}

func TestFilesThatAreRefused(t *testing.T) {
	good := wav(tagPCM, 1, 8000, 16, 2, []byte{1, 0})
	align := append([]byte{}, good...)
	align[12+12+8+12] = 3
	tests := map[string][]byte{
		"empty":          {},
		"text":           []byte("hello, this is no sound at all"),
		"only a header":  good[:44],
		"no format":      append([]byte("RIFF\x00\x00\x00\x00WAVE"), "data\x02\x00\x00\x00\x01\x00"...),
		"no channels":    wav(tagPCM, 0, 8000, 16, 2, []byte{1, 0}),
		"channels":       wav(tagPCM, 65, 8000, 8, 65, make([]byte, 65)),
		"slow":           wav(tagPCM, 1, 3999, 16, 2, []byte{1, 0}),
		"fast":           wav(tagPCM, 1, 192001, 16, 2, []byte{1, 0}),
		"bits":           wav(tagPCM, 1, 8000, 12, 2, []byte{1, 0}),
		"no bits":        wav(tagPCM, 1, 8000, 0, 2, []byte{1, 0}),
		"coding":         wav(2, 1, 8000, 16, 2, []byte{1, 0}),
		"alignment":      align,
		"less than one":  wav(tagPCM, 2, 8000, 16, 3, []byte{1, 0, 1}),
		"eleven minutes": wav(tagPCM, 1, 4000, 8, 0, make([]byte, 4000*601)),
	}
	for name, file := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := parse(file)
			require.ErrorIs(t, err, ErrFormat)
		})
	}
	_, err := parse(wav(tagPCM, 1, 4000, 8, 0, make([]byte, 4000*600)))
	require.NoError(t, err, "ten minutes")
}

func TestFloatsAreBounded(t *testing.T) {
	for v, want := range map[float32]int16{
		0: 0, 0.5: 16384, 1: 32767, -1: -32768, 7: 32767, -7: -32768, float32(math.Inf(1)): 32767, float32(math.NaN()): 0,
	} {
		require.Equal(t, want, fromFloat(v))
	}
}

// TestNothingOutsideTheFolder: neither steps nor links lead out of it.
func TestNothingOutsideTheFolder(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "sounds")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "more"), 0o700))
	file := wav(tagPCM, 1, 8000, 16, 2, []byte{1, 0})
	for _, path := range []string{"secret.wav", "sounds/a.wav", "sounds/more/b.wav"} {
		require.NoError(t, os.WriteFile(filepath.Join(outer, path), file, 0o600))
	}
	for link, to := range map[string]string{
		"in.wav": "more/b.wav", "out.wav": "../secret.wav", "far.wav": filepath.Join(outer, "secret.wav"), "up": "..",
	} {
		require.NoError(t, os.Symlink(to, filepath.Join(dir, link)))
	}
	for _, name := range []string{"a.wav", "more/b.wav", "more/../a.wav", "in.wav"} {
		c, err := Load(dir, name)
		require.NoError(t, err, name)
		require.Equal(t, []int16{1}, c.Samples)
	}
	for _, name := range []string{
		"", ".", "..", "more", "nothing.wav", "../secret.wav", "more/../../secret.wav", filepath.Join(outer, "secret.wav"),
		"out.wav", "far.wav", "up/secret.wav", "a.wav/b.wav", "a.wav\x00",
	} {
		_, err := Load(dir, name)
		require.ErrorIs(t, err, ErrMissing, name)
		require.NotErrorIs(t, err, ErrFormat, name)
	}
	_, err := Load(filepath.Join(outer, "none"), "a.wav")
	require.ErrorIs(t, err, ErrMissing)
}

func TestLargeFile(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "large.wav"), nil, 0o600))
	require.NoError(t, os.Truncate(filepath.Join(dir, "large.wav"), maxSize+1))
	_, err := Load(dir, "large.wav")
	require.ErrorIs(t, err, ErrFormat)
	require.ErrorContains(t, err, "64 MB")
}

func FuzzParse(f *testing.F) {
	for _, tag := range []uint16{tagPCM, tagFloat, tagALaw, tagMuLaw, tagExtensible} {
		for _, bits := range []uint16{8, 16, 24, 32} {
			f.Add(wav(tag, 2, 8000, bits, 16, make([]byte, 16)))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parse(b)
		if err != nil {
			require.ErrorIs(t, err, ErrFormat)
			return
		}
		require.NotEmpty(t, c.Samples)
		require.LessOrEqual(t, len(c.Samples), len(b))
		require.True(t, c.Rate >= minRate && c.Rate <= maxRate)
	})
}
