package clock

import (
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var epoch = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// sender simulates one track of a device: a picture or a frame of sound each interval, by a clock of its own speed.
type sender struct {
	rate     int
	interval time.Duration // by its own clock
	ppm      float64       // of its clock against true time
	stamp    uint32        // at the beginning
	encoding time.Duration // from capture until it is sent
	jitter   time.Duration // of the network, evenly spread
	first    time.Duration // true time of the first capture
	late     func(n int) time.Duration

	reports    time.Duration // between sender reports; 0 = none
	silentFrom time.Duration // no reports any more; 0 = never
	wallOffset func(at time.Duration) time.Duration
}

// event is one arrival, in true time, which is also the local clock's.
type event struct {
	track    *Track
	sender   *sender
	captured time.Duration
	arrived  time.Duration
	stamp    uint32
	report   bool
}

// events returns what the sender sends in the time given. Arrivals of one sender keep their order.
func (s *sender) events(track *Track, length time.Duration, random *rand.Rand) []event {
	var all []event
	var busy, reported time.Duration
	for n := 0; ; n++ {
		own := time.Duration(n) * s.interval
		captured := s.first + time.Duration(float64(own)*(1-s.ppm/1e6))
		if captured > length {
			return all
		}
		arrived := captured + s.encoding
		if s.jitter > 0 {
			arrived += time.Duration(random.Int64N(int64(s.jitter)))
		}
		if s.late != nil {
			arrived += s.late(n)
		}
		busy = max(busy, arrived)
		stamp := s.stamp + uint32(Ticks(own, s.rate))
		all = append(all, event{track, s, captured, busy, stamp, false})
		silent := s.silentFrom > 0 && captured >= s.silentFrom
		if s.reports > 0 && captured-reported >= s.reports && !silent {
			reported = captured
			all = append(all, event{track, s, captured, busy, stamp, true})
		}
	}
}

// point is one unit on the timeline.
type point struct {
	captured, arrived, pts time.Duration
	jump                   bool
}

// simulate plays the senders on one timeline and returns the points of each.
func simulate(t *testing.T, seed uint64, length time.Duration, senders ...*sender) (*Timeline, [][]point) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, seed))
	tl := NewTimeline()
	var all []event
	tracks := map[*Track]int{}
	for i, s := range senders {
		track := tl.Track(s.rate)
		tracks[track] = i
		all = append(all, s.events(track, length, random)...)
	}
	sort.SliceStable(all, func(i, j int) bool { return all[i].arrived < all[j].arrived })

	points := make([][]point, len(senders))
	for _, e := range all {
		arrived := epoch.Add(e.arrived)
		if e.report {
			wall := epoch.Add(e.captured)
			if e.sender.wallOffset != nil {
				wall = wall.Add(e.sender.wallOffset(e.captured))
			}
			e.track.Report(NTP(wall), e.stamp, arrived)
			continue
		}
		pts, jump := e.track.Time(e.stamp, arrived)
		i := tracks[e.track]
		points[i] = append(points[i], point{e.captured, e.arrived, pts, jump})
	}
	return tl, points
}

// requireForward asserts that time never goes back or stands still.
func requireForward(t *testing.T, points []point) {
	t.Helper()
	for i := 1; i < len(points); i++ {
		if points[i].pts <= points[i-1].pts {
			t.Fatalf("at %v: %v follows %v", points[i].captured, points[i].pts, points[i-1].pts)
		}
	}
}

func jumps(points []point) (n int) {
	for _, p := range points {
		if p.jump {
			n++
		}
	}
	return n
}

// requireSync asserts the lip-sync from a time on: how far what was captured together is apart on the timeline, less
// what is expected (positive: the video is later).
func requireSync(t *testing.T, audio, video []point, from, want, within time.Duration) {
	t.Helper()
	a, worst := 0, time.Duration(0)
	for _, v := range video {
		if v.captured < from {
			continue
		}
		for a+1 < len(audio) && audio[a+1].captured <= v.captured {
			a++
		}
		off := (v.pts - v.captured) - (audio[a].pts - audio[a].captured) - want
		if off.Abs() > worst.Abs() {
			worst = off
		}
		if off.Abs() > within {
			t.Fatalf("at %v the video is off by %v", v.captured, off)
		}
	}
	require.NotZero(t, a)
	t.Logf("worst lip-sync error %v", worst)
}

func voice() *sender {
	return &sender{rate: 8000, interval: 20 * time.Millisecond, stamp: 0xFFFFFF00}
}

func camera() *sender {
	return &sender{rate: videoRate, interval: 40 * time.Millisecond, stamp: 0xFFFF0000}
}
