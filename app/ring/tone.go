package ring

import (
	"math"
	"time"
)

// rate is that of the sound, in samples a second.
const rate = 48000

// The ringing: two notes take turns, and then there is a pause.
const (
	low    = 660.0 // Hz
	high   = 880.0
	note   = 125 * time.Millisecond
	on     = time.Second
	period = 4 * time.Second
	level  = 0.2 // of full scale
)

// sample is one of the ringing, counted from its beginning. Each note swells and fades, so nothing clicks.
func sample(n int) int16 {
	at := time.Duration(n%samples(period)) * time.Second / rate
	if at >= on {
		return 0
	}
	hz := low
	if at/note%2 == 1 {
		hz = high
	}
	swell := math.Sin(math.Pi * (at % note).Seconds() / note.Seconds())
	return int16(math.MaxInt16 * level * swell * math.Sin(2*math.Pi*hz*at.Seconds()))
}

func samples(d time.Duration) int { return int(d * rate / time.Second) }
