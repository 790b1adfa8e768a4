//go:build cgo && !nolibav

package transcode

import (
	"fmt"
	"math"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

var sounds = []media.Codec{media.PCMA, media.PCMU, media.G722, media.Speex, media.Speex16, media.AAC, media.Opus}

// shapeOf is what a codec is fed with in these tests.
func shapeOf(c media.Codec) (rate, channels int) {
	switch c {
	case media.PCMA, media.PCMU, media.Speex:
		return telephoneRate, 1
	case media.G722, media.Speex16:
		return wideRate, 1
	default:
		return studioRate, 2
	}
}

// coded20 is samples in a codec, fed 20 ms at a time.
func coded20(t testing.TB, c media.Codec, pcm []int16, rate, channels int) []*media.Unit {
	t.Helper()
	enc, err := NewSoundEncoder(c, rate, channels)
	require.NoError(t, err)
	defer enc.Close()
	var units []*media.Unit
	for i, step := 0, rate/50*channels; i < len(pcm); i += step {
		pts := time.Duration(i/channels) * time.Second / time.Duration(rate)
		out, err := enc.Encode(pcm[i:min(i+step, len(pcm))], pts)
		require.NoError(t, err)
		units = append(units, out...)
	}
	return units
}

// burst is half a second of silence, a second of a tone, and half a second of silence.
func burst(hz float64, rate, channels int) []int16 {
	half := make([]int16, rate/2*channels)
	return append(append(half, sine(hz, 1, rate, channels)...), half...)
}

// timeline decodes units and puts what they hold where their timestamps say, from 0 on. Of two channels it takes the left.
func timeline(t testing.TB, units []*media.Unit) (sound []float64, rate int) {
	t.Helper()
	dec, err := NewSound(units[0].Format.Codec)
	require.NoError(t, err)
	defer dec.Close()
	for _, u := range units {
		pcm, r, channels, err := dec.Samples(u)
		require.NoError(t, err)
		rate = r
		at := int(math.Round(u.PTS.Seconds() * float64(rate)))
		for i := 0; i < len(pcm); i += channels {
			k := at + i/channels
			for len(sound) <= k {
				sound = append(sound, 0)
			}
			if k >= 0 {
				sound[k] = float64(pcm[i]) / 32768
			}
		}
	}
	return sound, rate
}

// span is when sound begins and ends, in seconds.
func span(sound []float64, rate int) (from, to float64) {
	window := rate / 400
	first, last := -1, -1
	for i := 0; i+window <= len(sound); i += window / 4 {
		var peak float64
		for _, v := range sound[i : i+window] {
			peak = math.Max(peak, math.Abs(v))
		}
		if peak > 0.25 {
			if first < 0 {
				first = i
			}
			last = i + window
		}
	}
	return float64(first) / float64(rate), float64(last) / float64(rate)
}

// A tone goes through every pair of codecs: it comes out with its pitch and level, when it went in, and as long.
func TestToneThroughEveryPair(t *testing.T) {
	const hz = 700
	for _, from := range sounds {
		rate, channels := shapeOf(from)
		source := coded20(t, from, burst(hz, rate, channels), rate, channels)
		for _, to := range sounds {
			if from == to {
				require.False(t, New().Can(from, to))
				continue
			}
			t.Run(fmt.Sprintf("%s to %s", from, to), func(t *testing.T) {
				require.True(t, New().Can(from, to))
				conv, err := New().Derive(from, to)
				require.NoError(t, err)
				defer conv.Close()
				var units []*media.Unit
				for _, u := range source {
					out, err := conv.Convert(u)
					require.NoError(t, err)
					units = append(units, out...)
				}
				requireInARow(t, units, to)
				sound, outRate := timeline(t, units)
				begin, end := span(sound, outRate)
				require.InDelta(t, 0.5, begin, 0.010, "seconds until the tone begins")
				require.InDelta(t, 1.5, end, 0.013, "seconds until the tone ends")
				amplitude, _, rest := fit(sound[outRate*6/10:outRate*14/10], hz, outRate)
				require.InDelta(t, 0.5, amplitude, 0.07)
				require.Less(t, rest, -13.0, "dB of noise")
				last := units[len(units)-1]
				require.InDelta(t, 2, (last.PTS + last.Duration).Seconds(), 0.15, "seconds in all")
			})
		}
	}
}

// requireInARow wants units that follow one another without a hole or an overlap.
func requireInARow(t *testing.T, units []*media.Unit, codec media.Codec) {
	t.Helper()
	require.NotEmpty(t, units)
	for i, u := range units {
		require.Equal(t, codec, u.Format.Codec)
		require.True(t, u.Key)
		require.Equal(t, u.PTS, u.DTS)
		require.Same(t, units[0].Format, u.Format)
		require.False(t, u.Gap)
		if i > 0 {
			end := units[i-1].PTS + units[i-1].Duration
			require.InDelta(t, end.Seconds(), u.PTS.Seconds(), 1e-6, "unit %d", i)
		}
	}
}

func TestFramesHaveTheSizeOfTelephones(t *testing.T) {
	tests := map[media.Codec]int{media.PCMA: 160, media.PCMU: 160, media.G722: 160}
	pcm := sine(700, 1, studioRate, 2)
	for to, size := range tests {
		units := coded20(t, to, pcm, studioRate, 2)
		require.InDelta(t, 50, len(units), 1)
		for _, u := range units {
			require.Len(t, u.Payload, size)
			require.Equal(t, 20*time.Millisecond, u.Duration)
			require.Equal(t, 1, u.Format.Channels)
		}
	}
	require.Equal(t, 16000, coded20(t, media.G722, pcm, studioRate, 2)[0].Format.SampleRate)
	require.Equal(t, 16000, coded20(t, media.Speex16, pcm, studioRate, 2)[0].Format.SampleRate)
	require.Equal(t, 8000, coded20(t, media.Speex, pcm, studioRate, 2)[0].Format.SampleRate)
}

// What another decoder makes of the units is the tone, from the first unit's time on.
func TestAnotherDecoderHearsTheTone(t *testing.T) {
	const hz = 700
	tests := map[media.Codec]func(testing.TB, []*media.Unit) []float64{
		media.PCMA:    func(t testing.TB, u []*media.Unit) []float64 { return hearRaw(t, "alaw", 8000, u) },
		media.PCMU:    func(t testing.TB, u []*media.Unit) []float64 { return hearRaw(t, "mulaw", 8000, u) },
		media.G722:    func(t testing.TB, u []*media.Unit) []float64 { return hearRaw(t, "g722", 16000, u) },
		media.Speex16: hearSpeex,
		media.AAC:     hear,
		media.Opus:    hearOpus,
	}
	for to, hearing := range tests {
		t.Run(string(to), func(t *testing.T) {
			units := coded20(t, to, sine(hz, 2, studioRate, 2), studioRate, 2)
			sound := hearing(t, units)
			amplitude, _, rest := fit(sound[studioRate/2:studioRate*3/2], hz, studioRate)
			require.InDelta(t, 0.5, amplitude, 0.06)
			require.Less(t, rest, -13.0, "dB of noise")
			require.InDelta(t, 2, float64(len(sound))/studioRate, 0.12)
		})
	}
}

func TestStereoStaysStereo(t *testing.T) {
	left := sine(700, 1, studioRate, 2)
	for i := 1; i < len(left); i += 2 {
		left[i] = 0
	}
	conv, err := New().Derive(media.Opus, media.AAC)
	require.NoError(t, err)
	defer conv.Close()
	var units []*media.Unit
	for _, u := range coded20(t, media.Opus, left, studioRate, 2) {
		out, err := conv.Convert(u)
		require.NoError(t, err)
		units = append(units, out...)
	}
	require.Equal(t, 2, units[0].Format.Channels)
	require.Equal(t, []byte{0x11, 0x90}, units[0].Format.Config[:2], "AAC-LC, 48 kHz, two channels")
	dec, err := NewSound(media.AAC)
	require.NoError(t, err)
	defer dec.Close()
	var l, r float64
	for _, u := range units[10:] {
		pcm, rate, channels, err := dec.Samples(u)
		require.NoError(t, err)
		require.Equal(t, studioRate, rate)
		require.Equal(t, 2, channels)
		for i := 0; i < len(pcm); i += 2 {
			l, r = l+math.Abs(float64(pcm[i])), r+math.Abs(float64(pcm[i+1]))
		}
	}
	require.Greater(t, l, 10*r)
}

// A browser's encoder goes from one channel to two and back as it likes; the format follows it once.
func TestOpusBecomesStereo(t *testing.T) {
	conv, err := New().Derive(media.Opus, media.AAC)
	require.NoError(t, err)
	defer conv.Close()
	mono := coded20(t, media.Opus, sine(700, 1, studioRate, 1), studioRate, 1)
	stereo := coded20(t, media.Opus, sine(700, 1, studioRate, 2), studioRate, 2)
	var units []*media.Unit
	for i, passage := range [][]*media.Unit{mono, stereo, mono} {
		for _, u := range passage {
			v := *u
			v.PTS += time.Duration(i) * time.Second
			out, err := conv.Convert(&v)
			require.NoError(t, err)
			units = append(units, out...)
		}
	}
	formats := []*media.Format{units[0].Format}
	for i, u := range units {
		if u.Format != formats[len(formats)-1] {
			formats = append(formats, u.Format)
		}
		if i > 0 {
			require.Greater(t, u.PTS, units[i-1].PTS)
		}
	}
	require.Len(t, formats, 2)
	first := slices.IndexFunc(units, func(u *media.Unit) bool { return u.Format == formats[1] })
	require.True(t, units[first].Gap, "what was being encoded is lost")
	require.False(t, units[first+1].Gap)
	require.Equal(t, 1, formats[0].Channels)
	require.Equal(t, 2, formats[1].Channels)
}

// A packet of Speex holds one frame or several; its rate is in the format.
func TestSpeexPackets(t *testing.T) {
	for _, rate := range []int{8000, 16000, 32000} {
		for _, frames := range []int{1, 3} {
			cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-loglevel", "error", "-f", "lavfi",
				"-i", fmt.Sprintf("aevalsrc=0.5*sin(2*PI*700*t):s=%d:d=2", rate), "-c:a", "libspeex",
				"-frames_per_packet", fmt.Sprint(frames), "-f", "ogg", "pipe:1")
			file, err := cmd.Output()
			require.NoError(t, err)
			format := &media.Format{Codec: media.Speex, SampleRate: rate, Channels: 1}
			var units []*media.Unit
			for i, packet := range oggPackets(file)[2:] {
				pts := time.Duration(i*frames) * 20 * time.Millisecond
				units = append(units, &media.Unit{Format: format, PTS: pts, Payload: packet})
			}
			sound, got := timeline(t, units)
			require.Equal(t, rate, got)
			amplitude, _, rest := fit(sound[rate/2:rate*3/2], 700, rate)
			require.InDelta(t, 0.5, amplitude, 0.06, "%d Hz, %d frames", rate, frames)
			require.Less(t, rest, -13.0, "%d Hz, %d frames", rate, frames)
		}
	}
}

// oggPackets takes the packets out of a file (RFC 3533 section 6). None of them goes over the end of a page.
func oggPackets(file []byte) (packets [][]byte) {
	for len(file) > 27 {
		sizes := file[27 : 27+int(file[26])]
		file = file[27+len(sizes):]
		n := 0
		for _, size := range sizes {
			n += int(size)
			if size < 255 {
				packets = append(packets, file[:n])
				file = file[n:]
				n = 0
			}
		}
	}
	return packets
}

func TestResample(t *testing.T) {
	for _, rates := range [][2]int{{44100, 8000}, {8000, 48000}, {48000, 16000}, {22050, 22050}} {
		out, err := Resample(sine(700, 1, rates[0], 1), rates[0], rates[1])
		require.NoError(t, err)
		require.Len(t, out, rates[1])
		sound := make([]float64, len(out))
		for i, v := range out {
			sound[i] = float64(v) / 32768
		}
		amplitude, phase, rest := fit(sound[len(sound)/4:len(sound)*3/4], 700, rates[1])
		require.InDelta(t, 0.5, amplitude, 0.01)
		require.InDelta(t, 0, math.Remainder(phase+2*math.Pi*700*0.25, 2*math.Pi)/(2*math.Pi*700), 50e-6, "seconds late")
		require.Less(t, rest, -40.0)
	}
	_, err := Resample([]int16{1}, 0, 8000)
	require.Error(t, err)
	out, err := Resample(nil, 8000, 16000)
	require.NoError(t, err)
	require.Empty(t, out)
}

func TestEncoderOfUnknownShape(t *testing.T) {
	for _, bad := range []struct{ rate, channels int }{{0, 1}, {8000, 0}, {8000, 3}, {1 << 30, 1}} {
		_, err := NewSoundEncoder(media.AAC, bad.rate, bad.channels)
		require.Error(t, err)
	}
	_, err := NewSoundEncoder(media.H264, 8000, 1)
	require.Error(t, err)
	_, err = NewSound(media.VP8)
	require.Error(t, err)
}

func FuzzSound(f *testing.F) {
	for i, c := range sounds {
		rate, channels := shapeOf(c)
		units := coded20(f, c, sine(700, 0.2, rate, channels), rate, channels)
		f.Add(byte(i), rate, units[len(units)-1].Payload)
	}
	f.Fuzz(func(t *testing.T, codec byte, rate int, payload []byte) {
		dec, err := NewSound(sounds[int(codec)%len(sounds)])
		require.NoError(t, err)
		defer dec.Close()
		format := &media.Format{Codec: sounds[int(codec)%len(sounds)], SampleRate: rate, Config: []byte{0x11, 0x90}}
		for range 3 {
			pcm, _, channels, err := dec.Samples(&media.Unit{Format: format, Payload: payload})
			if err != nil || channels < 1 || len(pcm)%channels != 0 {
				t.Fatalf("%v, %d channels, %d samples", err, channels, len(pcm))
			}
		}
	})
}

func TestSoundLeaksNothing(t *testing.T) {
	source := coded20(t, media.Opus, sine(700, 0.3, studioRate, 2), studioRate, 2)
	requireSteadyMemory(t, func() {
		for _, to := range []media.Codec{media.AAC, media.Speex, media.G722, media.PCMA} {
			conv, err := New().Derive(media.Opus, to)
			require.NoError(t, err)
			for _, u := range source[:5] {
				_, err := conv.Convert(u)
				require.NoError(t, err)
			}
			conv.Close()
		}
	})
}

func BenchmarkOpusToAAC(b *testing.B) {
	conv, err := New().Derive(media.Opus, media.AAC)
	require.NoError(b, err)
	defer conv.Close()
	source := coded20(b, media.Opus, sine(440, 2, studioRate, 2), studioRate, 2)
	n := 0
	b.ReportAllocs()
	for b.Loop() { // one second of sound
		for range 50 {
			u := *source[n%len(source)]
			u.PTS = time.Duration(n) * 20 * time.Millisecond
			n++
			if _, err := conv.Convert(&u); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*100, "core%")
}
