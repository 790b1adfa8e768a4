package rtmp

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func TestTimeline(t *testing.T) {
	type stamp struct {
		kind  media.Kind
		stamp uint32
		after time.Duration // since the one before
		want  time.Duration
	}
	const ms, a, v = time.Millisecond, media.Audio, media.Video
	for name, stamps := range map[string][]stamp{
		"wraps round": {{v, 0xFFFFFFF0, 0, 0}, {v, 0xFFFFFFFF, 15 * ms, 15 * ms}, {a, 5, 6 * ms, 21 * ms}, {a, 1, 0, 17 * ms}},
		"faster than time": {
			{v, 0, 0, 0}, {v, 4000, 0, 4000 * ms}, {v, 8000, 0, 8000 * ms}, {a, 3000, 0, 3000 * ms}, {v, 12000, 0, 12000 * ms},
		},
		"a stalled network": {{v, 0, 0, 0}, {v, 40, 20 * time.Second, 40 * ms}, {a, 20, 0, 20 * ms}, {v, 80, 0, 80 * ms}},
		"a pause":           {{v, 0, 0, 0}, {v, 60_000, time.Minute, time.Minute}, {a, 60_010, 10 * ms, time.Minute + 10*ms}},
		"starts late":       {{a, 0, 0, 0}, {a, 3_600_000, 20 * ms, 20 * ms}, {v, 3_600_010, 10 * ms, 30 * ms}, {a, 3_600_020, 10 * ms, 40 * ms}},
		"starts again": {
			{a, 100_000, 0, 0}, {v, 100_020, 20 * ms, 20 * ms}, {v, 0, 40 * ms, 60 * ms}, {a, 10, 10 * ms, 70 * ms}, {v, 40, 30 * ms, 100 * ms},
		},
		"loops shortly": {{v, 0, 0, 0}, {v, 4000, 0, 4000 * ms}, {v, 0, 40 * ms, 4040 * ms}, {a, 5, 0, 4045 * ms}, {v, 40, 40 * ms, 4080 * ms}},
		"two clocks": {
			{a, 0, 0, 0}, {v, 900_000, 0, 0}, {a, 20, 20 * ms, 20 * ms}, {v, 900_040, 20 * ms, 40 * ms}, {a, 40, 0, 40 * ms}, {v, 900_080, 40 * ms, 80 * ms},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var l timeline
			now := time.Now()
			for i, s := range stamps {
				now = now.Add(s.after)
				require.Equal(t, s.want, l.at(s.kind, s.stamp, now), i)
			}
		})
	}
}

func TestTimelineResumes(t *testing.T) {
	var l timeline
	now := time.Now()
	l.resume()
	require.Zero(t, l.at(media.Video, 5000, now))
	l.at(media.Video, 6000, now.Add(time.Second))
	l.resume()
	require.Equal(t, 4*time.Second, l.at(media.Video, 7, now.Add(4*time.Second)))
	require.Equal(t, 4*time.Second+3*time.Millisecond, l.at(media.Audio, 10, now.Add(5*time.Second)))
}

// However timestamps jump, a kind steps back by no more than wobble, and none runs away from time.
func FuzzTimeline(f *testing.F) {
	f.Add(uint32(0), uint32(3_600_000), uint32(20), uint8(0b101))
	f.Add(uint32(1<<31), uint32(0), uint32(1<<31), uint8(0))
	f.Fuzz(func(t *testing.T, first, second, third uint32, kinds uint8) {
		var l timeline
		now := time.Now()
		for i, stamp := range []uint32{first, second, third, first, second} {
			kind := media.Kind(kinds >> i & 1)
			before, latest := l.kinds[kind], l.latest
			now = now.Add(20 * time.Millisecond)
			at := l.at(kind, stamp, now)
			if before.known {
				require.GreaterOrEqual(t, at, before.at-wobble)
			}
			require.GreaterOrEqual(t, at, latest-leap)
			require.LessOrEqual(t, at, latest+20*time.Millisecond+leap)
		}
	})
}
