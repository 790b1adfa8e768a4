package playout

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
)

// badLine delays what passes, never changing the order.
type badLine struct {
	*Playout
	codec  media.Codec
	start  time.Time
	random *rand.Rand
	sent   int           // units
	waited []delivery    // on their way
	asked  time.Duration // up to where sound was asked for
	gaps   int           // frames that were not whole
	format *media.Format
}

type delivery struct {
	at   time.Duration
	unit *media.Unit
}

func newBadLine(codec media.Codec, live bool) *badLine {
	return &badLine{
		Playout: New(Params{Audio: codec, Live: live}), codec: codec, start: time.Now(), random: rand.New(rand.NewPCG(1, 2)),
		format: &media.Format{Codec: codec, SampleRate: rate, Channels: 1}, asked: 7 * time.Millisecond,
	}
}

const unit = 20 * time.Millisecond

// run lets time pass on a line that delays each unit by up to jitter.
func (l *badLine) run(d, jitter time.Duration) {
	l.gaps = 0
	for until := l.asked + d; l.asked < until; l.asked += unit {
		for ; time.Duration(l.sent)*unit <= l.asked; l.sent++ {
			pts := time.Duration(l.sent) * unit
			at := pts + time.Duration(l.random.Int64N(int64(jitter)+1))
			if n := len(l.waited); n > 0 {
				at = max(at, l.waited[n-1].at)
			}
			l.waited = append(l.waited, delivery{at, &media.Unit{
				Format: l.format, PTS: pts, Duration: unit, Key: true, Payload: bytes.Repeat([]byte{1}, 160),
			}})
		}
		for len(l.waited) > 0 && l.waited[0].at <= l.asked {
			l.take(l.waited[0].unit, l.start.Add(l.waited[0].at))
			l.waited = l.waited[1:]
		}
		if !l.whole() {
			l.gaps++
		}
	}
}

// whole asks for the next frame, and reports whether all of it is there.
func (l *badLine) whole() bool {
	at := l.start.Add(l.asked)
	if l.codec == media.Opus {
		return l.Frame(l.codec, at) != nil
	}
	frame := make([]byte, clock.Ticks(unit, rate))
	l.Sound(frame, l.codec, at)
	return !bytes.Contains(frame, []byte{0})
}

// wait is how long a unit waits that was not delayed at all.
func (l *badLine) wait() time.Duration { return l.anchor.at(0).Sub(l.start) }

// TestWaitingFollowsTheJitter: after a while nothing is missing, what comes in time waits hardly longer than what comes
// late is late, and when the line gets better the waiting is given up.
func TestWaitingFollowsTheJitter(t *testing.T) {
	for _, codec := range []media.Codec{media.PCMA, media.Opus} {
		for _, jitter := range []time.Duration{10, 40, 80, 150} {
			jitter *= time.Millisecond
			l := newBadLine(codec, true)
			l.run(20*time.Second, jitter)
			require.LessOrEqual(t, l.gaps, 20, "%s, %v: while it learns", codec, jitter)
			l.run(time.Minute, jitter)
			require.LessOrEqual(t, l.gaps, 1, "%s, %v: once it has learnt", codec, jitter)
			require.InDelta(t, max(jitter, shortest).Seconds(), l.wait().Seconds(), 0.025, "%s, %v", codec, jitter)
			l.run(time.Minute, time.Millisecond)
			require.Less(t, l.wait(), shortest+2*slack, "%s, %v: all is well again", codec, jitter)
			l.run(10*time.Second, time.Millisecond)
			require.Zero(t, l.gaps)
		}
	}
}

// TestSpikeIsForgotten: one unit that is very late makes the others wait for a moment only.
func TestSpikeIsForgotten(t *testing.T) {
	l := newBadLine(media.PCMA, true)
	l.run(3*time.Second, time.Millisecond)
	l.waited = append(l.waited, delivery{at: l.asked + 700*time.Millisecond, unit: &media.Unit{
		Format: l.format, PTS: time.Duration(l.sent) * unit, Duration: unit, Key: true, Payload: bytes.Repeat([]byte{1}, 160),
	}})
	l.sent++
	l.run(4*time.Second, time.Millisecond)
	require.Less(t, l.wait(), 200*time.Millisecond)
	l.run(10*time.Second, time.Millisecond)
	require.Zero(t, l.gaps)
}

// TestTalkInFramesIsSoon: frames that come up to 8 ms late are asked for at every phase. None is missing once the first
// late ones were met, and none leaves more than 40 ms after it came.
func TestTalkInFramesIsSoon(t *testing.T) {
	start := time.Now()
	format := &media.Format{Codec: media.Opus, SampleRate: 48000, Channels: 1}
	for phase := time.Duration(0); phase < unit; phase += time.Millisecond {
		p := New(Params{Audio: media.Opus, Live: true})
		n := 0
		for tick := range 100 {
			due := start.Add(phase + time.Duration(tick)*unit)
			for {
				at := start.Add(time.Duration(n)*unit + time.Duration(n%5)*2*time.Millisecond)
				if at.After(due) {
					break
				}
				n++
				p.take(&media.Unit{Format: format, PTS: time.Duration(n) * unit, Duration: unit, Arrived: at}, at)
			}
			u := p.Frame(media.Opus, due)
			if tick >= 10 {
				require.NotNil(t, u, "phase %v", phase)
				require.LessOrEqual(t, due.Sub(u.Arrived), 40*time.Millisecond, "phase %v", phase)
			}
		}
	}
}

// TestFramesOfAnyLength come out one after the other, whatever their length, and their times cut to milliseconds.
func TestFramesOfAnyLength(t *testing.T) {
	for _, length := range []time.Duration{10, 20, 30, 60} {
		length *= time.Millisecond
		var f frames
		for n := range time.Duration(100) {
			u := &media.Unit{PTS: (n * length * 1000 / 1003).Truncate(time.Millisecond), Duration: length}
			f.put(u)
			f.put(&media.Unit{PTS: u.PTS, Duration: length}) // again
			require.Same(t, u, f.take(n*length*1000/1003+2*time.Millisecond), "%v: frame %d", length, n)
			require.Empty(t, f.units)
		}
	}
}
