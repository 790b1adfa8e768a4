package sip

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtpio"
)

// TestHeardAgainWhateverHappened to a sender's stamps and to the network: two seconds of regular packets later, all are heard.
func TestHeardAgainWhateverHappened(t *testing.T) {
	for seed := range uint64(500) {
		l := newLine(seed)
		l.send(l.random.IntN(100), 0)
		happened := ""
		for range 1 + l.random.IntN(4) {
			happened += l.upset()
			l.send(l.random.IntN(60), 0)
		}
		l.send(100, 0)
		before := l.counted.units
		l.send(100, 0)
		require.Equal(t, uint64(100), l.counted.units-before, "seed %d:%s", seed, happened)
	}
}

// line is a sender on a bad network.
type line struct {
	*audioRig
	random      *rand.Rand
	now, ticked time.Duration
	stamp       uint32
}

func newLine(seed uint64) *line {
	l := &line{audioRig: newAudioRig(), random: rand.New(rand.NewPCG(seed, 1))}
	l.agree(media.PCMA)
	l.stamp = l.random.Uint32()
	return l
}

// send sends packets, the next of which leaves a frame later, or sooner by hurry.
func (l *line) send(packets int, hurry time.Duration) {
	for range packets {
		for ; l.ticked+frame <= l.now; l.ticked += frame {
			l.tick(l.start.Add(l.ticked + frame))
		}
		l.stamp += frameSamples
		l.handle(rtpio.Packet{PayloadType: 8, Timestamp: l.stamp, Payload: make([]byte, frameSamples), Arrived: l.start.Add(l.now)})
		l.now += frame - hurry
	}
}

// upset lets something happen, and says what.
func (l *line) upset() string {
	d := time.Duration(l.random.Int64N(int64(3 * time.Second)))
	ticks := uint32(d * audioRate / time.Second)
	switch l.random.IntN(5) {
	case 0:
		l.stamp += ticks
		return fmt.Sprint(" stamps leap ", d)
	case 1:
		l.stamp -= ticks
		return fmt.Sprint(" stamps fall back ", d)
	case 2:
		l.now += d
		return fmt.Sprint(" the sender's clock stands still ", d)
	case 3:
		l.now, l.stamp = l.now+d, l.stamp+ticks
		return fmt.Sprint(" nothing is sent for ", d)
	default:
		const hurry = frame - 2*time.Millisecond
		l.now += d
		l.send(int(d/hurry), hurry)
		return fmt.Sprint(" the network holds up ", d)
	}
}

// TestSenderStoodStill for a while and then goes on where it was: its sound is heard again soon, though silence took its place
// up to the present.
func TestSenderStoodStill(t *testing.T) {
	const packets = 500
	for _, pause := range []time.Duration{100, 180, 220, 240, 300, 1000, 1900} {
		pause *= time.Millisecond
		l := newLine(0)
		l.send(50, 0)
		l.now += pause
		l.send(packets, 0)
		requireGapless(t, l.units)
		require.GreaterOrEqual(t, l.counted.units, uint64(50+packets-2*holdback/frame), "%v", pause)
		require.InDelta(t, l.now, l.next, float64(holdback), "%v", pause)
	}
}
