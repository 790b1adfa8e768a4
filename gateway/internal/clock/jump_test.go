package clock

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// play feeds a track with audio frames from a moment on and returns the last time.
func play(t *testing.T, track *Track, stamp uint32, from time.Time, frames int) (last time.Duration) {
	t.Helper()
	for i := range frames {
		pts, jump := track.Time(stamp+uint32(i)*160, from.Add(time.Duration(i)*20*ms))
		if i > 0 {
			require.False(t, jump)
			require.Equal(t, last+20*ms, pts)
		}
		last = pts
	}
	return last
}

func TestDiscontinuities(t *testing.T) {
	const frames = 500 // ten seconds
	for _, c := range []struct {
		name    string
		stamp   uint32 // of the first frame after
		restart bool
		pause   time.Duration // beyond the frame before
		jump    bool
		want    time.Duration // of that frame
	}{
		{"none", frames * 160, false, 0, false, 10 * time.Second},
		{"restart with another stamp", 0xCAFE0000, true, 0, true, 10 * time.Second},
		{"restart with the same stamps, as of a looping file", 0, true, 0, true, 10 * time.Second},
		{"restart after a pause", 7, true, time.Minute, true, 70 * time.Second},
		{"another stamp unannounced", 0xCAFE0000, false, 0, true, 10 * time.Second},
		{"pause, stamps went on", (frames + 3000) * 160, false, time.Minute, false, 70 * time.Second},
		{"pause, stamps stood still", frames * 160, false, time.Minute, true, 70 * time.Second},
		{"stamps back by an hour", 1<<32 - 3600*8000, false, 0, true, 10 * time.Second},
		{"restart with packets that come early", 99, true, -100 * ms, true, 10 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			tl := NewTimeline()
			track := tl.Track(8000)
			play(t, track, 0, epoch, frames)
			if c.restart {
				track.Restart()
			}
			again := epoch.Add(10*time.Second + c.pause)
			pts, jump := track.Time(c.stamp, again)
			require.Equal(t, c.jump, jump)
			require.Equal(t, c.want, pts)
			play(t, track, c.stamp+160, again.Add(20*ms), 100)
		})
	}
}

// A sender that stops its clock for a while must not leave the whole timeline behind.
func TestStalledStampsAreCaughtUp(t *testing.T) {
	tl := NewTimeline()
	track := tl.Track(8000)
	play(t, track, 0, epoch, 500)
	from, found := epoch.Add(11*time.Second), 0
	var last time.Duration
	for i := range uint32(1000) {
		pts, jump := track.Time((500+i)*160, from.Add(time.Duration(i)*20*ms))
		require.Greater(t, pts, last)
		if jump {
			found++
			require.Equal(t, last+20*ms+time.Second, pts)
		}
		last = pts
	}
	require.Equal(t, 1, found)
	require.Equal(t, from.Add(999*20*ms).Sub(epoch), last)
}

func TestVideoRestartStaysInStep(t *testing.T) {
	tl := NewTimeline()
	audio, video := tl.Track(8000), tl.Track(videoRate)
	for i := range uint32(3000) {
		at := epoch.Add(time.Duration(i) * 20 * ms)
		a, _ := audio.Time(i*160, at)
		if i%2 != 0 {
			continue
		}
		stamp := i * 1800
		if i >= 1000 {
			stamp += 0x12345678 // another SSRC
		}
		if i == 1000 {
			video.Restart()
		}
		v, jump := video.Time(stamp, at)
		require.Equal(t, i == 1000, jump)
		require.Equal(t, a, v)
	}
}

// What the reports told about the delay of an encoder holds when the encoder begins anew; the reports themselves do not.
func TestVideoRestartKeepsWhatReportsTold(t *testing.T) {
	const delay = 200 * ms
	for _, c := range []struct {
		name   string
		every  uint32 // frames of sound between reports
		anew   uint32 // frame before which the video begins anew
		settle uint32 // frames after which it is in step
	}{
		{"in step from the first picture", 250, 1500, 0},
		{"so early that the old reports would be plausible", 10, 25, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			tl := NewTimeline()
			audio, video := tl.Track(8000), tl.Track(videoRate)
			var other uint32
			for i := range c.anew + 2000 {
				captured := epoch.Add(time.Duration(i) * 20 * ms)
				if i == c.anew {
					video.Restart()
					other = 0x12345678
				}
				a, _ := audio.Time(i*160, captured)
				v, _ := video.Time(i*1800+other, captured.Add(delay))
				if i >= c.anew+c.settle {
					require.InDelta(t, a, v, float64(2*tolerance))
				}
				if i < c.anew && i%c.every == 0 {
					audio.Report(NTP(captured), i*160, captured)
					video.Report(NTP(captured), i*1800, captured)
				}
			}
		})
	}
}

func TestAt(t *testing.T) {
	tl := NewTimeline()
	require.Zero(t, tl.At(epoch), "zero is the first moment asked about")
	require.Equal(t, time.Second, tl.At(epoch.Add(time.Second)))

	track := tl.Track(8000)
	pts, jump := track.Time(12345, epoch.Add(5*time.Second))
	require.Equal(t, 5*time.Second, pts)
	require.False(t, jump)
	require.Equal(t, 6*time.Second, tl.At(epoch.Add(6*time.Second)))
	require.Zero(t, tl.At(epoch.Add(-time.Hour)))
}

// Whatever fills a hole must line up with the media before and after, on the sender's clock.
func TestAtFollowsTheSender(t *testing.T) {
	audio := voice()
	audio.ppm, audio.jitter = 1000, 20*ms
	tl, points := simulate(t, 5, time.Hour, audio)
	last := points[0][len(points[0])-1]
	now := tl.At(epoch.Add(last.captured))
	require.InDelta(t, last.pts, now, float64(25*ms))
	require.Greater(t, now-last.captured, 3*time.Second, "an hour at 1000 ppm")
}

func TestTracksMayChangeWhileTheStreamLives(t *testing.T) {
	tl := NewTimeline()
	first := tl.Track(8000)
	last := play(t, first, 0, epoch, 50)
	second := tl.Track(48000)
	pts, jump := second.Time(777, epoch.Add(time.Second))
	require.False(t, jump)
	require.Equal(t, last+20*ms, pts)
}

func FuzzTimeline(f *testing.F) {
	f.Add([]byte{0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 20, 2, 0, 0, 0, 0, 0})
	f.Add([]byte("any bytes at all make stamps, reports and restarts"))
	f.Add([]byte("8\x94\x9400010000X10000\x9410000\x9410000\x9410000\x9410000\x9410000\x9410000\x9410000\x9410000\x9410000\x94" +
		"10000\x9410000\x948000008\x9400008\x94\x94000800000")) // a picture that is late after time owed was taken back
	f.Fuzz(func(t *testing.T, script []byte) {
		tl := NewTimeline()
		tracks := [2]*Track{tl.Track(8000), tl.Track(videoRate)}
		var last [2]time.Duration
		var stamps [2]uint32
		now := epoch
		for len(script) >= 6 {
			which, what := script[0]&1, script[0]>>1&7
			value := uint32(script[1])<<24 | uint32(script[2])<<16 | uint32(script[3])<<8 | uint32(script[4])
			now = now.Add(time.Duration(script[5]) * ms)
			script = script[6:]
			switch track := tracks[which]; what {
			case 0:
				track.Restart()
			case 1:
				track.Report(uint64(value)<<16, value, now)
			default:
				if what < 6 {
					value = stamps[which] + value>>20
				}
				newest := track.stamp
				pts, jump := track.Time(value, now)
				require.GreaterOrEqual(t, pts, time.Duration(0))
				if jump || int32(value-newest) > 0 {
					require.GreaterOrEqual(t, pts, last[which])
				}
				if pts > last[which] {
					last[which], stamps[which] = pts, value
				}
			}
		}
	})
}

func BenchmarkTime(b *testing.B) {
	tl := NewTimeline()
	audio, video := tl.Track(8000), tl.Track(videoRate)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		now := epoch.Add(time.Duration(i) * 20 * ms)
		audio.Time(uint32(i)*160, now)
		video.Time(uint32(i)*1800, now)
	}
}
