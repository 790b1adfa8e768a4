package interop

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/app/ring"
	"callcast/test/peers"
)

const (
	ear   = 200            // samples at 8 kHz that are judged at once: 25 ms
	eared = 8000 / ear     // of them a second
	cycle = 4 * eared      // from one ringing to the next
	slack = eared * 6 / 10 // what a busy machine may add
)

// notes says of each piece of a recording whether it is nothing but the low note, the high one, or silence.
func notes(heard []int16) string {
	var b strings.Builder
	for part := range slices.Chunk(heard, ear) {
		switch {
		case slices.Max(part) < 50:
			b.WriteByte('.')
		case share(part, 660) > 0.9:
			b.WriteByte('L')
		case share(part, 880) > 0.9:
			b.WriteByte('H')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

// tune is what notes are played, without how long each of them is.
func tune(notes string) string {
	return string(slices.Compact([]byte(strings.ReplaceAll(notes, ".", ""))))
}

// TestBellIsHeard: two notes in turn for a second, then a pause, and nothing after the end.
func TestBellIsHeard(t *testing.T) {
	heard := peers.StartPulse(t).Record(t)
	before := goleak.IgnoreCurrent()
	bell := ring.New(slog.New(slog.DiscardHandler))
	bell.Ring(true)
	var all string
	require.Eventually(t, func() bool {
		all = strings.TrimLeft(notes(heard()), ".")
		return len(all) > cycle+2*eared
	}, patience, 50*time.Millisecond)
	t.Log(all)
	pause := strings.Index(all, strings.Repeat(".", eared))
	require.InDelta(t, eared, pause, slack, all)
	again := pause + strings.IndexAny(all[pause:], "LH?")
	require.InDelta(t, cycle, again, slack, all)
	for _, part := range []string{all[:pause], all[again : again+eared+slack]} {
		require.Equal(t, "LHLHLHLH", tune(strings.ReplaceAll(part, "?", "")), part)
		require.LessOrEqual(t, strings.Count(part, "?"), eared/2, part) // a look may fall between two notes
	}

	bell.Close()
	end := len(heard()) + 8000*2 // what is written down may lag behind
	require.Eventually(t, func() bool { return len(heard()) > end+8000*5 }, patience, 50*time.Millisecond)
	require.Empty(t, tune(notes(heard()[end:])))
	peers.RequireNoLeak(t, before)
}

// TestBellWithoutALoudspeaker: one that goes away while it rings, and none at the next call.
func TestBellWithoutALoudspeaker(t *testing.T) {
	pulse := peers.StartPulse(t)
	heard := pulse.Record(t)
	var said log
	bell := ring.New(slog.New(slog.NewTextHandler(&said, nil)))
	bell.Ring(true)
	require.Eventually(t, func() bool { return tune(notes(heard())) != "" }, patience, 10*time.Millisecond)
	pulse.Stop(t)
	require.Eventually(t, func() bool { return strings.Contains(said.String(), "loudspeaker") }, patience, 10*time.Millisecond)
	bell.Ring(false)
	bell.Ring(true)
	bell.Close()
	require.Equal(t, 1, strings.Count(said.String(), "\n"), said.String())
}

// log is what was logged.
type log struct {
	mu  sync.Mutex // guards all
	all bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
