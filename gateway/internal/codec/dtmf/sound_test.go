package dtmf

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// level is that of a sine in samples, in dBm0.
func level(pcm []int16, hz float64, rate int) float64 {
	var re, im float64
	for i, s := range pcm {
		w := 2 * math.Pi * hz * float64(i) / float64(rate)
		re, im = re+float64(s)*math.Sin(w), im+float64(s)*math.Cos(w)
	}
	return 20 * math.Log10(2*math.Hypot(re, im)/float64(len(pcm))/zero)
}

func TestKeysSoundAsTheyShould(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		for _, key := range keys {
			var s Sender
			s.Queue(string(key))
			var all []int16
			for pcm := make([]int16, rate/50); s.Sound(pcm, rate); {
				all = append(all, pcm...)
			}
			require.Len(t, all, rate/5)
			want := pressKey(key, 0, 0)
			body := all[rate/100 : rate*9/100] // 80 ms
			require.InDelta(t, lowLevel, level(body, want.low, rate), 0.3, "%c", key)
			require.InDelta(t, highLevel, level(body, want.high, rate), 0.3, "%c", key)
			for _, s := range all[rate/10:] {
				require.Zero(t, s, "100 ms of silence")
			}
			for _, at := range []int{0, rate/10 - 1} {
				require.Less(t, math.Abs(float64(all[at])), 100.0, "a soft edge")
			}
		}
	}
}

func TestSoundLeavesSilenceAlone(t *testing.T) {
	var s Sender
	pcm := []int16{1, 2, 3}
	require.False(t, s.Sound(pcm, 8000))
	require.Equal(t, []int16{1, 2, 3}, pcm)
}

func TestKeysGoOnInAnotherWay(t *testing.T) {
	var s Sender
	s.Queue("12")
	for tick := range uint32(4) { // of an event
		_, ok := s.Next(tick*160, 8000)
		require.True(t, ok)
	}
	d, heard, pcm := NewDetector(8000), "", make([]int16, 160)
	for s.Sound(pcm, 8000) {
		heard += d.Push(pcm)
	}
	require.Equal(t, "2", heard, "the rest of the first is too short")
}
