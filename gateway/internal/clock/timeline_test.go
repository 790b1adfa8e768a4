package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const ms = time.Millisecond

func TestSyncWithoutReports(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(audio, video *sender)
		want   time.Duration // of the video beside the audio: what arrival cannot tell
		length time.Duration
	}{
		{name: "steady", change: func(_, _ *sender) {}},
		{name: "jitter of 50 ms", change: func(a, v *sender) { a.jitter, v.jitter = 50*ms, 50*ms }},
		{name: "first audio packet 150 ms late", change: func(a, _ *sender) {
			a.late = only(0, 150*ms)
		}},
		{name: "first picture 200 ms late", change: func(_, v *sender) {
			v.jitter, v.late = 10*ms, only(0, 200*ms)
		}},
		{name: "first picture 600 ms late", change: func(_, v *sender) {
			v.jitter, v.late = 10*ms, only(0, 600*ms)
		}},
		{name: "video starts 3 s later", change: func(a, v *sender) { a.jitter, v.jitter, v.first = 20*ms, 20*ms, 3*time.Second }},
		{name: "audio starts 3 s later", change: func(a, v *sender) { a.jitter, v.jitter, a.first = 20*ms, 20*ms, 3*time.Second }},
		{name: "clocks apart by 200 ppm for hours", length: 3 * time.Hour, change: func(a, v *sender) {
			a.ppm, v.ppm, a.jitter, v.jitter = 100, -100, 50*ms, 50*ms
		}},
		{name: "clocks apart the other way", length: 2 * time.Hour, change: func(a, v *sender) {
			a.ppm, v.ppm, a.jitter, v.jitter = -100, 100, 50*ms, 50*ms
		}},
		{name: "a large keyframe every 2 s", change: func(a, v *sender) {
			a.jitter = 10 * ms
			v.late = func(n int) time.Duration {
				if n%50 == 0 {
					return 90 * ms
				}
				return 0
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			audio, video := voice(), camera()
			c.change(audio, video)
			length := max(c.length, time.Minute)
			_, points := simulate(t, 7, length, audio, video)
			requireForward(t, points[0])
			requireForward(t, points[1])
			require.Zero(t, jumps(points[0]))
			requireSync(t, points[0], points[1], 8*time.Second, c.want, 40*ms)
		})
	}
}

// The audio is never bent: its times are its stamps.
func TestAudioIsExact(t *testing.T) {
	audio, video := voice(), camera()
	audio.ppm, audio.jitter, audio.reports = 100, 50*ms, 5*time.Second
	video.ppm, video.jitter, video.reports = -100, 50*ms, 5*time.Second
	_, points := simulate(t, 3, time.Hour, audio, video)
	for i, p := range points[0] {
		require.Equal(t, points[0][0].pts+time.Duration(i)*20*ms, p.pts)
	}
}

// A picture that is in step keeps the sender's exact spacing.
func TestVideoIsLeftAlone(t *testing.T) {
	audio, video := voice(), camera()
	audio.jitter, video.jitter = 5*ms, 5*ms
	_, points := simulate(t, 3, time.Minute, audio, video)
	for i, p := range points[1] {
		require.Equal(t, points[1][0].pts+time.Duration(i)*40*ms, p.pts)
	}
}

func TestSyncWithReports(t *testing.T) {
	const delay = 300 * ms // of the video encoder, which only reports can tell
	for _, c := range []struct {
		name   string
		change func(audio, video *sender)
		from   time.Duration
		want   time.Duration
		length time.Duration
	}{
		{name: "believed once confirmed", from: 20 * time.Second, change: func(_, _ *sender) {}},
		{name: "for hours, clocks apart", from: 20 * time.Second, length: 2 * time.Hour, change: func(a, v *sender) {
			a.ppm, v.ppm = 100, -100
		}},
		{name: "stamp of the last picture", from: 20 * time.Second, change: func(_, v *sender) {
			n := 0
			v.wallOffset = func(time.Duration) time.Duration { n++; return time.Duration(n%3) * 10 * ms }
		}},
		{name: "wall clock set back by an hour in between", from: 20 * time.Second, change: func(a, v *sender) {
			step := func(at time.Duration) time.Duration {
				if at > time.Minute {
					return -time.Hour
				}
				return 0
			}
			a.wallOffset, v.wallOffset = step, step
		}},
		{name: "reports end, clocks apart", from: 20 * time.Second, length: time.Hour, change: func(a, v *sender) {
			a.ppm, v.ppm, a.silentFrom, v.silentFrom = 100, -100, 30*time.Second, 30*time.Second
		}},
		{name: "audio without reports", want: delay, change: func(a, _ *sender) { a.reports = 0 }},
		{name: "video without reports", want: delay, change: func(_, v *sender) { v.reports = 0 }},
		{name: "wall clocks three seconds apart", want: delay, change: func(_, v *sender) {
			v.wallOffset = func(time.Duration) time.Duration { return 3 * time.Second }
		}},
		{name: "wall clocks of different epochs", want: delay, change: func(_, v *sender) {
			v.wallOffset = func(time.Duration) time.Duration { return -50 * 365 * 24 * time.Hour }
		}},
		{name: "wall clock jumps at random", want: delay, change: func(_, v *sender) {
			v.wallOffset = func(at time.Duration) time.Duration { return time.Duration(at.Seconds()*7919) % 1000 * ms }
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			audio, video := voice(), camera()
			audio.jitter, video.jitter = 30*ms, 30*ms
			audio.reports, video.reports, video.encoding = 5*time.Second, 5*time.Second, delay
			c.change(audio, video)
			_, points := simulate(t, 11, max(c.length, 3*time.Minute), audio, video)
			requireForward(t, points[0])
			requireForward(t, points[1])
			requireSync(t, points[0], points[1], max(c.from, 5*time.Second), c.want, 40*ms)
		})
	}
}

func TestReportOfNoTimeIsIgnored(t *testing.T) {
	tl := NewTimeline()
	track := tl.Track(8000)
	track.Time(0, epoch)
	for i := range 5 {
		track.Report(0, uint32(i)*40000, epoch.Add(time.Duration(i)*5*time.Second))
	}
	require.False(t, track.report.heard)
}

func TestStampsWrap(t *testing.T) {
	tl := NewTimeline()
	track := tl.Track(videoRate)
	stamp := uint32(1<<32 - 90000)
	for i := range 3 * 14 * 3600 { // more than three times around
		at := time.Duration(i) * time.Second
		pts, jump := track.Time(stamp, epoch.Add(at))
		require.Equal(t, at, pts)
		require.False(t, jump)
		stamp += 90000
	}
}

func TestReorderedPictureGetsItsEarlierTime(t *testing.T) {
	tl := NewTimeline()
	track := tl.Track(videoRate)
	var got []time.Duration
	for i, picture := range []uint32{0, 3, 1, 2, 6, 4, 5} {
		pts, jump := track.Time(1000+picture*3600, epoch.Add(time.Duration(i)*40*ms))
		require.False(t, jump)
		got = append(got, pts)
	}
	require.Equal(t, []time.Duration{0, 120 * ms, 40 * ms, 80 * ms, 240 * ms, 160 * ms, 200 * ms}, got)
}

func only(n int, late time.Duration) func(int) time.Duration {
	return func(i int) time.Duration {
		if i == n {
			return late
		}
		return 0
	}
}
