package dtmf

import (
	"math"
	"math/cmplx"
)

// Detector hears keys in the sound: two tones of the right frequencies, about as loud as each other, with nothing else
// beside them, for long enough (ITU-T Q.24). It looks at a window of sound every hop, through a Hann window that keeps the
// tones apart from each other.
type Detector struct {
	fold    int // samples that are taken for one
	partial float32
	folded  int

	basis  [window][tones]complex64 // what the sound is compared with
	shape  [window]float32
	sound  []float32 // not yet looked at, and what the next window needs of the last
	before glimpse
	steady int  // glimpses in a row of the same key
	key    byte // that sounds; 0 if none does
	absent int  // glimpses in a row without it
}

const (
	detectorRate = 8000
	window       = detectorRate / 50  // 20 ms
	hop          = detectorRate / 100 // 10 ms
	tones        = len(low) + len(high)
)

// What is taken for a key. ITU-T Q.24 wants deviations of 1.5 % taken and of 3.5 % refused, tones of 40 ms taken, pauses of
// 40 ms heard and interruptions of 10 ms not. Three glimpses in a row need 40 ms of tone; 23 ms are never enough for them.
const (
	deviation   = 0.023
	glimpses    = 3
	absences    = 4
	least       = -36  // dBm0 of each tone
	lowLouder   = 10   // dB
	highLouder  = 6    // dB
	purity      = 0.75 // the least part of all power that both tones have
	shapePower  = 3.0 / 8
	shapeWeight = 1.0 / 2
)

// glimpse is what a window has of a key.
type glimpse struct {
	key         byte // 0: none
	row, column int
	low, high   complex64 // with their phases
}

// NewDetector returns a detector of sound at a rate that is a multiple of 8000.
func NewDetector(rate int) *Detector {
	d := &Detector{fold: max(rate/detectorRate, 1), sound: make([]float32, 0, window)}
	for n := range window {
		d.shape[n] = float32(1-math.Cos(2*math.Pi*(float64(n)+0.5)/window)) / 2
		for i := range tones {
			d.basis[n][i] = complex64(cmplx.Rect(float64(d.shape[n]), -2*math.Pi*frequency(i)*float64(n)/detectorRate))
		}
	}
	return d
}

func frequency(tone int) float64 {
	if tone < len(low) {
		return low[tone]
	}
	return high[tone-len(low)]
}

// Push takes the next samples and returns the keys that began in them.
func (d *Detector) Push(pcm []int16) (keys string) {
	for _, s := range pcm {
		d.partial += float32(s)
		if d.folded++; d.folded < d.fold {
			continue
		}
		d.sound = append(d.sound, d.partial/float32(d.fold))
		d.partial, d.folded = 0, 0
		if len(d.sound) == window {
			if key := d.judge(d.look()); key != 0 {
				keys += string(rune(key))
			}
			d.sound = append(d.sound[:0], d.sound[hop:]...)
		}
	}
	return keys
}

// look takes a glimpse of the window that has come in.
func (d *Detector) look() glimpse {
	power := d.power()
	floor := float32(amplitude(least) * amplitude(least) / 2)
	if power < floor {
		return glimpse{}
	}
	found := d.compare()
	row, column := loudest(found[:len(low)]), loudest(found[len(low):])
	g := glimpse{row: row, column: column, low: found[row], high: found[len(low)+column]}
	l, h := powerOf(g.low), powerOf(g.high)
	twist := 10 * math.Log10(float64(h)/float64(l))
	if min(l, h) < floor || l+h < purity*power || twist > highLouder || twist < -lowLouder {
		return glimpse{}
	}
	g.key = pad[row*len(high)+column]
	return g
}

// power is the mean square of the window.
func (d *Detector) power() (p float32) {
	for n, x := range d.sound {
		x *= d.shape[n]
		p += x * x
	}
	return p / (window * shapePower)
}

// compare returns the amplitudes of the tones in the window.
func (d *Detector) compare() (found [tones]complex64) {
	for n, x := range d.sound {
		for i, b := range &d.basis[n] {
			found[i] += complex(real(b)*x, imag(b)*x)
		}
	}
	for i := range found {
		found[i] *= 2 / (window * shapeWeight)
	}
	return found
}

// powerOf is the mean square of a sine of an amplitude.
func powerOf(a complex64) float32 { return (real(a)*real(a) + imag(a)*imag(a)) / 2 }

func loudest(group []complex64) (which int) {
	for i := range group {
		if powerOf(group[i]) > powerOf(group[which]) {
			which = i
		}
	}
	return which
}

// judge takes the next glimpse and returns the key that it completes, if it does.
func (d *Detector) judge(g glimpse) (began byte) {
	switch {
	case g.key == 0:
		d.steady = 0
	case g.key == d.before.key && tuned(g, d.before):
		d.steady++
	default:
		d.steady = 1
	}
	d.before = g
	if g.key != 0 && g.key == d.key {
		d.absent = 0
		return 0
	}
	if d.absent++; d.absent >= absences {
		d.key = 0
	}
	if d.steady < glimpses {
		return 0
	}
	d.key, d.absent = g.key, 0
	return g.key
}

// tuned reports whether both tones have the frequencies of their key: from one hop to the next their phases have moved as
// these do.
func tuned(now, before glimpse) bool {
	return onPitch(now.low, before.low, low[now.row]) && onPitch(now.high, before.high, high[now.column])
}

func onPitch(now, before complex64, frequency float64) bool {
	const turn = 2 * math.Pi * float64(hop) / detectorRate // radians in a hop of 1 Hz
	moved := complex128(now) * cmplx.Conj(complex128(before)) * cmplx.Rect(1, -turn*frequency)
	return math.Abs(cmplx.Phase(moved)) <= turn*deviation*frequency
}
