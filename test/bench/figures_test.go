package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// after is a moment of a test.
func after(d time.Duration) time.Time { return time.Unix(1000, 0).Add(d) }

func TestYield(t *testing.T) {
	const ms = time.Millisecond
	s := &sender{
		clip: testClip(t), began: after(0),
		sent: []time.Time{after(0), after(40 * ms), after(80 * ms), after(120 * ms), after(160 * ms)},
	}
	p := &player{arrivals: []arrival{
		{after(50 * ms), 1, false},  // of the first round, before the window, and before any key picture
		{after(83 * ms), 0, true},   // of the second
		{after(125 * ms), 1, false}, // of the second
		{after(130 * ms), -1, false},
		{after(199 * ms), 0, true}, // sent after the window
	}}
	got := (&line{"x", s, p}).yield(after(60*ms), after(160*ms))
	require.Equal(t, yield{FirstPicture: 83 * ms, Sent: 2, Delays: []time.Duration{3 * ms, 5 * ms}, Damaged: 1}, got)
}

func TestFigures(t *testing.T) {
	const ms = time.Millisecond
	o := outcome{
		Calls: 2, Window: 10 * time.Second, CPU: 200 * ms, Idle: memory{RSS: 100}, Busy: memory{RSS: 160, PSS: 90},
		Yields: []yield{
			{FirstPicture: 30 * ms, Sent: 3, Delays: []time.Duration{4 * ms, 2 * ms}, Damaged: 1},
			{FirstPicture: 20 * ms, Sent: 2, Delays: []time.Duration{9 * ms}},
		},
	}
	want := figures{
		cpu: 0.01, memoryPerCall: 30, memoryTotal: 160, sharedOnce: 90, firstMedian: 20 * ms, firstWorst: 30 * ms,
		delayMedian: 4 * ms, delay95: 9 * ms, delayWorst: 9 * ms, sent: 5, arrived: 3, damaged: 1,
	}
	require.Equal(t, want, o.figures())

	o.ProcessPerCall = true
	require.InDelta(t, 80, o.figures().memoryPerCall, 0)
}

func TestQuantile(t *testing.T) {
	hundred := make([]time.Duration, 100)
	for i := range hundred {
		hundred[i] = time.Duration(i + 1)
	}
	require.Equal(t, time.Duration(50), quantile(hundred, 0.5))
	require.Equal(t, time.Duration(95), quantile(hundred, 0.95))
	require.Equal(t, time.Duration(100), quantile(hundred, 1))
	require.Equal(t, time.Duration(1), quantile(hundred, 0))
	require.Zero(t, quantile(nil, 0.5))
}

func TestCompare(t *testing.T) {
	ours := outcome{Contender: "a", Calls: 10, Window: time.Second, CPU: 50 * time.Millisecond, Busy: memory{RSS: 10 << 20}}
	theirs := outcome{Contender: "b", Calls: 10, Window: time.Second, CPU: 200 * time.Millisecond, Busy: memory{RSS: 500 << 20}, ProcessPerCall: true}
	var out strings.Builder
	require.NoError(t, compare(&out, ours, theirs))
	table := strings.Split(out.String(), "\n")
	require.Equal(t, "10 calls, 1s                          a            b    ratio     goal", table[0])
	require.Equal(t, "CPU per call                     0.50 %       2.00 %    0.250  <= 0.50", table[1])
	require.Equal(t, "memory per call                 1.00 MB     50.00 MB    0.020  <= 0.05", table[2])
	require.Contains(t, out.String(), "arrived damaged                     0            0        -")
}

func TestSaveMakesTheFolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "bench.json")
	require.NoError(t, save(path, []outcome{{Contender: "a", Calls: 3}}))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Contains(t, string(text), `"calls": 3`)
}

func TestUsageOfThisProcess(t *testing.T) {
	pids := []int{os.Getpid()}
	before, err := cpuTime(pids)
	require.NoError(t, err)
	for start := before; start-before < 20*time.Millisecond; {
		start, err = cpuTime(pids)
		require.NoError(t, err)
	}
	m, err := memoryOf(pids)
	require.NoError(t, err)
	require.Greater(t, m.RSS, int64(1<<20))
	require.LessOrEqual(t, m.PSS, m.RSS)
}

func TestParseRollup(t *testing.T) {
	m, err := parseRollup("5653-7ffd ---p 00000000 00:00 0 [rollup]\nRss:                1744 kB\nPss:    238 kB\nPss_Dirty: 116 kB\n")
	require.NoError(t, err)
	require.Equal(t, memory{RSS: 1744 << 10, PSS: 238 << 10}, m)
	_, err = parseRollup("Rss: much\n")
	require.Error(t, err)
}

func TestSizes(t *testing.T) {
	var n sizes
	require.NoError(t, n.Set("1,30"))
	require.Equal(t, sizes{1, 30}, n)
	require.Equal(t, "1 30", n.String())
	for _, bad := range []string{"", "0", "1,,2", "x"} {
		require.Error(t, n.Set(bad), bad)
	}
}
