package content

import (
	"context"
	"math"
	"time"
)

const (
	beepFrequency = 1000
	beepWindow    = rate / 200 // 5 ms
	beepHop       = rate / 1000
	beepLevel     = 0.15 // of full scale: half of what the clip's beep has left after the codecs
)

// strength is the amplitude of one frequency in a window of samples, as a share of full scale (Goertzel's algorithm).
func strength(pcm []int16, frequency float64) float64 {
	c := 2 * math.Cos(2*math.Pi*frequency/rate)
	var s1, s2 float64
	for _, x := range pcm {
		s1, s2 = float64(x)/math.MaxInt16+c*s1-s2, s1
	}
	power := max(s1*s1+s2*s2-c*s1*s2, 0)
	return 2 * math.Sqrt(power) / float64(len(pcm))
}

// listener finds the beginnings of beeps in sound that comes in pieces.
type listener struct {
	pcm    []int16 // not yet looked at
	at     time.Duration
	inside bool
	quiet  int // hops since the beep was last heard
	beeps  []time.Duration
}

func (l *listener) hear(at time.Duration, pcm []int16) {
	if len(l.pcm) == 0 || absolute(at-l.at-samples(len(l.pcm))) > 2*time.Millisecond {
		l.pcm, l.at = nil, at // the first piece, or a jump
	}
	l.pcm = append(l.pcm, pcm...)
	for len(l.pcm) >= beepWindow {
		l.judge(strength(l.pcm[:beepWindow], beepFrequency))
		l.pcm = l.pcm[beepHop:]
		l.at += samples(beepHop)
	}
}

func (l *listener) judge(amplitude float64) {
	const hangover = 40 // hops: a beep has no holes
	switch {
	case amplitude >= beepLevel && !l.inside:
		l.inside = true
		l.beeps = append(l.beeps, l.at+samples(beepWindow/2))
		l.quiet = 0
	case amplitude >= beepLevel:
		l.quiet = 0
	case l.inside:
		if l.quiet++; l.quiet > hangover {
			l.inside = false
		}
	}
}

// Tone is the share of a recording's sound in which a frequency stands out: its amplitude is at least a twentieth of
// full scale and most of what is heard.
func Tone(ctx context.Context, path string, frequency float64) (float64, error) {
	var heard, total int
	err := sound(ctx, path, func(_ time.Duration, pcm []int16) {
		h, n := count(pcm, frequency)
		heard, total = heard+h, total+n
	})
	if err != nil || total == 0 {
		return 0, err
	}
	return float64(heard) / float64(total), nil
}

// count is in how many of the pieces of 20 ms a frequency stands out.
func count(pcm []int16, frequency float64) (heard, total int) {
	const window = rate / 50
	for ; len(pcm) >= window; pcm = pcm[window:] {
		total++
		a := strength(pcm[:window], frequency)
		if a > 0.05 && a*a/2 > 0.5*power(pcm[:window]) {
			heard++
		}
	}
	return heard, total
}

func power(pcm []int16) float64 {
	sum := 0.0
	for _, x := range pcm {
		f := float64(x) / math.MaxInt16
		sum += f * f
	}
	return sum / float64(len(pcm))
}

func samples(n int) time.Duration { return time.Duration(n) * time.Second / rate }

func absolute(d time.Duration) time.Duration { return max(d, -d) }
