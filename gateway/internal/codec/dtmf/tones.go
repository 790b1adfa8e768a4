package dtmf

import (
	"math"
	"strings"
)

// Each key is two tones, one of each group (ITU-T Q.23), in Hz.
var (
	low  = [4]float64{697, 770, 852, 941}
	high = [4]float64{1209, 1336, 1477, 1633}
)

// pad has the keys where they lie on the pad: a row for each low tone, a column for each high one.
const pad = "123A456B789C*0#D"

func place(key byte) (row, column int) {
	at := strings.IndexByte(pad, key)
	return at / len(high), at % len(high)
}

// What is sent. The high tone is the louder one, because cables weaken it more (ITU-T Q.24 annex A has what is taken).
const (
	zero      = 22470 // amplitude of a sine of 0 dBm0, where full scale is that of A-law (ITU-T G.711 table 1a)
	lowLevel  = -10   // dBm0
	highLevel = -8
	edge      = 0.005 // seconds in which a tone swells and fades, so that it does not click
)

// amplitude is that of a sine of so many dBm0.
func amplitude(level float64) float64 { return zero * math.Pow(10, level/20) }

// sound writes the samples of a key from one on that sounds for so many in all.
func sound(pcm []int16, key byte, from, all, rate int) {
	row, column := place(key)
	l, h := amplitude(lowLevel), amplitude(highLevel)
	slope := edge * float64(rate)
	for i := range pcm {
		n := float64(from + i)
		t := 2 * math.Pi * n / float64(rate)
		swell := min(n/slope, (float64(all)-n)/slope, 1)
		swell = (1 - math.Cos(math.Pi*swell)) / 2
		pcm[i] = int16(math.Round(swell * (l*math.Sin(low[row]*t) + h*math.Sin(high[column]*t))))
	}
}
