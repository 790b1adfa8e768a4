package clock

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTicksAndDuration(t *testing.T) {
	for _, c := range []struct {
		name  string
		ticks int64
		rate  int
		want  time.Duration
	}{
		{"nothing", 0, 90000, 0},
		{"one video tick", 1, 90000, 11111},
		{"rounded up", 2, 90000, 22222},
		{"one audio frame", 160, 8000, 20 * time.Millisecond},
		{"one AAC frame", 1024, 48000, 21333333},
		{"before zero", -90001, 90000, -time.Second - 11111},
		{"a year of video", 365 * 24 * 3600 * 90000, 90000, 365 * 24 * time.Hour},
		{"a year of CD audio", 365 * 24 * 3600 * 44100, 44100, 365 * 24 * time.Hour},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, Duration(c.ticks, c.rate))
			require.Equal(t, c.ticks, Ticks(c.want, c.rate))
		})
	}
}

func TestTicksComeBack(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, rate := range []int{8000, 16000, 44100, 48000, 90000} {
		most := math.MaxInt64 / int64(time.Second) * int64(rate)
		for range 10000 {
			ticks := random.Int64N(2*most) - most
			require.Equal(t, ticks, Ticks(Duration(ticks, rate), rate))
		}
	}
}

func TestNTP(t *testing.T) {
	era := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
	require.Equal(t, uint64(1)<<63, NTP(time.Date(1968, 1, 20, 3, 14, 8, 0, time.UTC)))
	require.Equal(t, uint64(0), NTP(era))

	// The era ends in February 2036; the wall clock goes on.
	end := time.Date(2036, 2, 7, 6, 28, 16, 0, time.UTC)
	require.Equal(t, uint64(0), NTP(end))
	before, after := end.Add(-1500*time.Millisecond), end.Add(250*time.Millisecond)
	require.InDelta(t, 1750*time.Millisecond, wallClock(NTP(after))-wallClock(NTP(before)), 2)
}
