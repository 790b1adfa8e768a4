package stream

import (
	"sync"
	"time"

	"callcast/gateway/internal/media"
)

// meterWindow is how long rates are averaged.
const meterWindow = 2 * time.Second

// Stats is what one kind of media of a stream carries. Format is nil before the first unit.
type Stats struct {
	Format *media.Format
	Units  uint64
	Bytes  uint64
	Filled uint64
	FPS    float64 // units per second
	BPS    float64 // bits per second
	Last   time.Time
}

// meter counts units and measures their rates.
type meter struct {
	mu    sync.Mutex // guards kinds
	kinds [media.Kinds]gauge
}

type gauge struct {
	Stats
	since        time.Time // begin of the running window
	units, bytes uint64    // at that begin
}

func (m *meter) count(u *media.Unit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	g := &m.kinds[u.Kind()]
	now := time.Now()
	if g.since.IsZero() {
		g.since = now
	}
	g.Format, g.Last = u.Format, now
	g.Units++
	g.Bytes += uint64(len(u.Payload))
	if u.Fill {
		g.Filled++
	}
	if elapsed := now.Sub(g.since); elapsed >= meterWindow {
		g.FPS = float64(g.Units-g.units) / elapsed.Seconds()
		g.BPS = float64(g.Bytes-g.bytes) * 8 / elapsed.Seconds()
		g.since, g.units, g.bytes = now, g.Units, g.Bytes
	}
}

func (m *meter) stats() (audio, video Stats) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.kinds[media.Audio].current(), m.kinds[media.Video].current()
}

// current is the gauge with rates that fall to zero when nothing comes.
func (g *gauge) current() Stats {
	s := g.Stats
	if time.Since(g.Last) > 2*meterWindow {
		s.FPS, s.BPS = 0, 0
	}
	return s
}
