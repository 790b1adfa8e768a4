package dtmf

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// pressed is a key as some telephone plays it.
type pressed struct {
	low, high           float64 // Hz
	lowLevel, highLevel float64 // dBm0
	ms                  int
}

// pressKey is a key at a level, exactly in tune.
func pressKey(key rune, level float64, ms int) pressed {
	frequencies := map[rune][2]float64{
		'1': {697, 1209}, '2': {697, 1336}, '3': {697, 1477}, 'A': {697, 1633},
		'4': {770, 1209}, '5': {770, 1336}, '6': {770, 1477}, 'B': {770, 1633},
		'7': {852, 1209}, '8': {852, 1336}, '9': {852, 1477}, 'C': {852, 1633},
		'*': {941, 1209}, '0': {941, 1336}, '#': {941, 1477}, 'D': {941, 1633},
	}[key]
	return pressed{frequencies[0], frequencies[1], level, level, ms}
}

func (p pressed) detuned(low, high float64) pressed {
	p.low *= 1 + low/100
	p.high *= 1 + high/100
	return p
}

func (p pressed) twisted(lowLevel, highLevel float64) pressed {
	p.lowLevel, p.highLevel = lowLevel, highLevel
	return p
}

// line is the sound of a telephone line.
type line struct {
	rate    int
	samples []float64
}

func (l *line) quiet(ms int) { l.samples = append(l.samples, make([]float64, ms*l.rate/1000)...) }

func (l *line) play(p pressed) {
	phase := rand.New(rand.NewPCG(1, uint64(len(l.samples)))).Float64() * 2 * math.Pi
	for n := range p.ms * l.rate / 1000 {
		t := 2*math.Pi*float64(n)/float64(l.rate) + phase
		l.samples = append(l.samples, amplitude(p.lowLevel)*math.Sin(p.low*t)+amplitude(p.highLevel)*math.Sin(p.high*t))
	}
}

// noise lays white noise of a level over all that was played.
func (l *line) noise(level float64) {
	random := rand.New(rand.NewPCG(2, 3))
	for i := range l.samples {
		l.samples[i] += random.NormFloat64() * amplitude(level) / math.Sqrt2
	}
}

func (l *line) pcm() []int16 {
	out := make([]int16, len(l.samples))
	for i, s := range l.samples {
		out[i] = int16(max(-32768, min(32767, math.Round(s))))
	}
	return out
}

// heard is what a detector hears in the line, in packets of 20 ms; at 8 kHz by either law.
func (l *line) heard(law media.Codec) string {
	d := NewDetector(l.rate)
	heard, pcm := "", l.pcm()
	if law != "" {
		pcm = g711.Decode(nil, law, g711.Encode(nil, law, pcm))
	}
	for size := l.rate / 50; len(pcm) > 0; pcm = pcm[min(size, len(pcm)):] {
		heard += d.Push(pcm[:min(size, len(pcm))])
	}
	return heard
}

// dial is all keys, each as change wants it, with silences.
func dial(t *testing.T, name string, want string, silence int, change func(key rune) pressed) {
	t.Helper()
	for _, law := range []media.Codec{media.PCMA, media.PCMU} {
		for offset := range 5 { // of 2 ms, within the detector's hop
			l := line{rate: 8000}
			l.quiet(40 + 2*offset)
			for _, key := range keys {
				l.play(change(key))
				l.quiet(silence)
			}
			require.Equal(t, want, l.heard(law), "%s %s %d", name, law, offset)
		}
	}
}

func TestDetectorHearsEveryKeyAtEveryLevel(t *testing.T) {
	for level := -30.0; level <= 0; level += 5 {
		dial(t, fmt.Sprint(level), keys, 50, func(key rune) pressed { return pressKey(key, level, 50) })
	}
	dial(t, "-45 dBm0", "", 50, func(key rune) pressed { return pressKey(key, -45, 50) })
}

func TestDetectorWantsTheRightLength(t *testing.T) {
	dial(t, "40 ms", keys, 40, func(key rune) pressed { return pressKey(key, -10, 40) })
	dial(t, "20 ms", "", 40, func(key rune) pressed { return pressKey(key, -10, 20) })
	dial(t, "1 s", keys, 40, func(key rune) pressed { return pressKey(key, -10, 1000) })
}

func TestDetectorWantsTheRightFrequencies(t *testing.T) {
	for _, sign := range []float64{-1, 1} {
		for _, other := range []float64{-1, 0, 1} {
			dial(t, "1.5 %", keys, 50, func(key rune) pressed { return pressKey(key, -10, 50).detuned(sign*1.5, other*1.5) })
			dial(t, "low 3.5 %", "", 50, func(key rune) pressed { return pressKey(key, -10, 100).detuned(sign*3.5, other*1.5) })
			dial(t, "high 3.5 %", "", 50, func(key rune) pressed { return pressKey(key, -10, 100).detuned(other*1.5, sign*3.5) })
		}
	}
	for percent := 3.5; percent <= 6; percent += 0.5 { // in between two tones
		dial(t, fmt.Sprint(percent), "", 50, func(key rune) pressed { return pressKey(key, -10, 100).detuned(0, percent) })
		dial(t, fmt.Sprint(-percent), "", 50, func(key rune) pressed { return pressKey(key, -10, 100).detuned(0, -percent) })
	}
}

func TestDetectorWantsBothTonesAboutAsLoud(t *testing.T) {
	dial(t, "low louder", keys, 50, func(key rune) pressed { return pressKey(key, 0, 50).twisted(-8, -16) })
	dial(t, "high louder", keys, 50, func(key rune) pressed { return pressKey(key, 0, 50).twisted(-14, -10) })
	dial(t, "low far louder", "", 50, func(key rune) pressed { return pressKey(key, 0, 50).twisted(-5, -20) })
	dial(t, "high far louder", "", 50, func(key rune) pressed { return pressKey(key, 0, 50).twisted(-20, -8) })
	dial(t, "low alone", "", 50, func(key rune) pressed { return pressKey(key, 0, 100).twisted(-10, -90) })
	dial(t, "high alone", "", 50, func(key rune) pressed { return pressKey(key, 0, 100).twisted(-90, -10) })
}

func TestDetectorTellsPausesFromInterruptions(t *testing.T) {
	for offset := range 10 {
		l := line{rate: 8000}
		l.quiet(40 + offset)
		l.play(pressKey('7', -10, 50))
		l.quiet(10)
		l.play(pressKey('7', -10, 50))
		l.quiet(40)
		l.play(pressKey('7', -10, 50))
		l.play(pressKey('9', -10, 50))
		l.quiet(40)
		require.Equal(t, "779", l.heard(media.PCMA), "offset %d", offset)
	}
}

func TestDetectorHearsKeysInNoise(t *testing.T) {
	const each = 5
	l, want := line{rate: 8000}, ""
	for range each {
		for _, key := range keys {
			l.quiet(50)
			l.play(pressKey(key, -10, 60))
			want += string(key)
		}
	}
	l.quiet(50)
	l.noise(-10 + 3 - 15) // 15 dB below the power of both tones
	require.Equal(t, want, l.heard(media.PCMA))
}

func TestDetectorAtOtherRates(t *testing.T) {
	for _, rate := range []int{16000, 48000} {
		l := line{rate: rate}
		for _, key := range keys {
			l.play(pressKey(key, -12, 50).detuned(1, -1))
			l.quiet(50)
		}
		require.Equal(t, keys, l.heard(""))
	}
}

func TestDetectorHearsWhatTheSenderSounds(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		var s Sender
		s.Queue(keys + "00")
		d := NewDetector(rate)
		heard, pcm := "", make([]int16, rate/50)
		for s.Sound(pcm, rate) {
			heard += d.Push(pcm)
		}
		require.Equal(t, keys+"00", heard)
	}
}

func TestDetectorIsDeafToNoise(t *testing.T) {
	for _, level := range []float64{-40, -20, -5} {
		l := line{rate: 8000}
		l.quiet(20_000)
		l.noise(level)
		require.Empty(t, l.heard(media.PCMA))
	}
}

func TestDetectorIsDeafToBeeps(t *testing.T) {
	clip, err := os.ReadFile("../../../../assets/clip/loop.alaw")
	require.NoError(t, err)
	require.Greater(t, g711.Level(media.PCMA, clip), 0.01, "it sounds")
	require.Empty(t, NewDetector(8000).Push(g711.Decode(nil, media.PCMA, clip)))
	for _, tone := range [][2]float64{{1000, 1000}, {440, 480}, {350, 440}, {425, 425}, {480, 620}, {941, 941}, {1209, 1336}, {697, 852}, {1100, 2100}} {
		l := line{rate: 8000}
		l.play(pressed{tone[0], tone[1], -10, -10, 2000})
		require.Empty(t, l.heard(media.PCMA), "%v", tone)
	}
}

// TestDetectorIsDeafToVoices plays a minute of vowels of all pitches and formants.
func TestDetectorIsDeafToVoices(t *testing.T) {
	const rate, seconds = 8000, 60
	random := rand.New(rand.NewPCG(4, 5))
	between := func(a, b float64) float64 { return a + random.Float64()*(b-a) }
	d, heard := NewDetector(rate), ""
	for range seconds * 4 {
		sum := make([]float64, rate/4)
		formants := [3]float64{between(250, 900), between(800, 2300), between(1800, 3000)}
		speak(sum, rate, between(80, 400), between(-0.2, 0.2), formants)
		pcm := make([]int16, len(sum))
		for i, s := range sum {
			pcm[i] = int16(6000 * s)
		}
		heard += d.Push(g711.Decode(nil, media.PCMA, g711.Encode(nil, media.PCMA, pcm)))
	}
	require.Empty(t, heard)
}

// speak adds a vowel: harmonics of a pitch that glides, the higher the weaker, that the formants raise.
func speak(sum []float64, rate int, pitch, glide float64, formants [3]float64) {
	phase := 0.0
	for i := range sum {
		along := float64(i) / float64(len(sum))
		f := pitch * (1 + glide*along)
		phase += 2 * math.Pi * f / float64(rate)
		swell := math.Sin(math.Pi * along)
		for n := 1.0; n*f < 3400; n++ {
			loud := 0.1
			for _, formant := range formants {
				off := (n*f - formant) / 80
				loud += 1 / (1 + off*off)
			}
			sum[i] += swell * loud / n * math.Sin(n*phase)
		}
	}
}

// TestDetectorIsDeafToMusic plays a minute of chords: three notes of four octaves with their harmonics.
func TestDetectorIsDeafToMusic(t *testing.T) {
	const rate, seconds = 8000, 60
	random := rand.New(rand.NewPCG(6, 7))
	d, heard := NewDetector(rate), ""
	for range seconds * 4 {
		sum := make([]float64, rate/4)
		for range 3 {
			hz := 110 * math.Pow(2, float64(random.IntN(48))/12)
			for n := 1; n <= 6 && float64(n)*hz < 3400; n++ {
				for i := range sum {
					sum[i] += math.Exp(-8*float64(i)/rate) / float64(n) * math.Sin(2*math.Pi*hz*float64(n*i)/rate)
				}
			}
		}
		pcm := make([]int16, len(sum))
		for i, s := range sum {
			pcm[i] = int16(4000 * s)
		}
		heard += d.Push(pcm)
	}
	require.Empty(t, heard)
}

func BenchmarkDetector(b *testing.B) {
	l := line{rate: 8000}
	for i := range 5 {
		l.play(pressKey(rune(keys[i]), -10, 100))
		l.quiet(100)
	}
	l.noise(-30)
	second, d := l.pcm(), NewDetector(8000)
	b.ReportAllocs()
	for b.Loop() {
		d.Push(second)
	}
}
