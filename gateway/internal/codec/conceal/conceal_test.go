package conceal

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// voice is a sound with a pitch and overtones, as of a vowel.
func voice(hz float64, rate, from, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		t := float64(from+i) / float64(rate)
		for k, a := range []float64{6000, 3000, 2000, 900} {
			pcm[i] += int16(a * math.Sin(2*math.Pi*hz*float64(k+1)*t+float64(k)))
		}
	}
	return pcm
}

// distance is how far b is from a, in decibels below a.
func distance(a, b []int16) float64 {
	var power, rest float64
	for i, v := range a {
		power += float64(v) * float64(v)
		rest += (float64(v) - float64(b[i])) * (float64(v) - float64(b[i]))
	}
	return 10 * math.Log10(rest/power)
}

func TestPitchGoesOn(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, hz := range []float64{90, 121, 180, 250, 310} {
			f := New(rate)
			f.Hear(voice(hz, rate, 0, rate/10))
			lost := make([]int16, rate/100)
			f.Make(lost)
			require.Less(t, distance(voice(hz, rate, rate/10, rate/100), lost), -8.0, "%v Hz at %d: what was lost is guessed", hz, rate)
			require.True(t, f.missing)

			after := voice(hz, rate, rate/10+rate/100, rate/50)
			want := append([]int16(nil), after...)
			f.Hear(after)
			require.False(t, f.missing)
			require.Equal(t, want[rate/seam:], after[rate/seam:], "only the seam is touched")
			require.Less(t, steepest(append(lost, after...)), 1.6*steepest(want), "%v Hz at %d: nothing clicks", hz, rate)
		}
	}
}

// steepest is the largest step between two samples.
func steepest(pcm []int16) float64 {
	var most float64
	for i := 1; i < len(pcm); i++ {
		most = max(most, math.Abs(float64(pcm[i])-float64(pcm[i-1])))
	}
	return most
}

func TestItFadesAway(t *testing.T) {
	f := New(8000)
	f.Hear(voice(150, 8000, 0, 800))
	made := make([]int16, 800)
	f.Make(made)
	require.Greater(t, steepest(made[:160]), 500.0)
	require.Equal(t, make([]int16, 300), made[500:])
	f.Hear(voice(150, 8000, 0, 800))
	f.Forget()
	f.Make(made)
	require.Equal(t, make([]int16, 800), made)
}

func TestLittleWasHeard(t *testing.T) {
	f := New(8000)
	made := []int16{1, 2, 3}
	f.Make(made)
	require.Equal(t, []int16{0, 0, 0}, made)
	f.Hear([]int16{5})
	f.Make(made)
	require.Equal(t, []int16{0, 0, 0}, made)
}
