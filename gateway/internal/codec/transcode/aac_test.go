//go:build cgo && !nolibav

package transcode

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

func newConverter(t testing.TB, law media.Codec) stream.Converter {
	t.Helper()
	conv, err := New().Derive(law, media.AAC)
	require.NoError(t, err)
	t.Cleanup(conv.Close)
	return conv
}

// What is decoded at a unit's timestamp must be the sound that came in with that timestamp.
func TestToneStaysCleanAndInPlace(t *testing.T) {
	for _, law := range []media.Codec{media.PCMA, media.PCMU} {
		for _, hz := range []float64{300, 440, 1000, 2000, 3000, 3400} {
			t.Run(fmt.Sprint(law, hz), func(t *testing.T) {
				units := feed(t, newConverter(t, law), law, 0, tone(law, hz, 2))
				require.Zero(t, units[0].PTS)
				amplitude, phase, rest := fit(hear(t, units)[studioRate/2:studioRate*3/2], hz, studioRate)
				require.InDelta(t, 0.5, amplitude, 0.03)
				require.InDelta(t, 0, phase/(2*math.Pi*hz), 20e-6, "seconds late")
				require.Less(t, rest, -27.0, "dB of noise")
			})
		}
	}
}

// Nothing of what came in is lost at the end: the tone is heard to its last sample.
func TestDrainGetsTheEnd(t *testing.T) {
	conv := newConverter(t, media.PCMA)
	units := slices.Clone(feed(t, conv, media.PCMA, 0, tone(media.PCMA, 1000, 2)))
	drained, err := conv.(*audio).Drain()
	require.NoError(t, err)
	units = append(units, drained...)
	last := units[len(units)-1]
	require.InDelta(t, 2, (last.PTS + last.Duration).Seconds(), 0.022)
	for i, u := range units[1:] {
		require.InDelta(t, units[i].PTS+units[i].Duration, u.PTS, float64(time.Millisecond))
	}
	pcm := hear(t, units)
	amplitude, _, rest := fit(pcm[2*studioRate-studioRate/20:2*studioRate-studioRate/200], 1000, studioRate)
	require.InDelta(t, 0.5, amplitude, 0.05)
	require.Less(t, rest, -20.0, "dB of noise")
}

func TestUnitsCarryTheirFormat(t *testing.T) {
	arrived := time.Now()
	conv := newConverter(t, media.PCMA)
	var units []*media.Unit
	for i := range 10 {
		out, err := conv.Convert(&media.Unit{
			Format: format(media.PCMA), PTS: time.Duration(i) * 20 * time.Millisecond,
			Arrived: arrived, Fill: i >= 5, Payload: media.Silence(media.PCMA, packet),
		})
		require.NoError(t, err)
		units = append(units, out...)
	}
	require.Len(t, units, 7)
	first, last := units[0], units[6]
	require.Equal(t, media.AAC, first.Format.Codec)
	require.Equal(t, []byte{0x11, 0x88}, first.Format.Config[:2], "AAC-LC, 48 kHz, mono")
	require.True(t, first.Key)
	require.Equal(t, arrived, first.Arrived)
	require.False(t, first.Fill)
	require.True(t, last.Fill)
	for _, u := range units {
		require.Same(t, first.Format, u.Format)
	}
}

// However the source stumbles, units follow one another without a hole or an overlap and end where the source ends.
func TestDurationEqualsTimeline(t *testing.T) {
	const ms = time.Millisecond
	tests := map[string]struct {
		stamp func(i int) (time.Duration, bool) // of packet i, and whether it arrives
	}{
		"steady":         {func(i int) (time.Duration, bool) { return time.Duration(i) * 20 * ms, true }},
		"packets lost":   {func(i int) (time.Duration, bool) { return time.Duration(i) * 20 * ms, i%7 != 3 }},
		"half a second":  {func(i int) (time.Duration, bool) { return time.Duration(i) * 20 * ms, i < 50 || i > 75 }},
		"fast clock":     {func(i int) (time.Duration, bool) { return time.Duration(i) * 20 * ms * 10005 / 10000, true }},
		"slow clock":     {func(i int) (time.Duration, bool) { return time.Duration(i) * 20 * ms * 9995 / 10000, true }},
		"doubled packet": {func(i int) (time.Duration, bool) { return time.Duration(i-i/100) * 20 * ms, true }},
		"jitter":         {func(i int) (time.Duration, bool) { return time.Duration(i)*20*ms + time.Duration(i%3)*ms/2, true }},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			conv, f := newConverter(t, media.PCMA), format(media.PCMA)
			var units []*media.Unit
			var end time.Duration
			for i := range 500 {
				pts, arrives := test.stamp(i)
				if !arrives {
					continue
				}
				out, err := conv.Convert(&media.Unit{Format: f, PTS: pts, Payload: media.Silence(media.PCMA, packet)})
				require.NoError(t, err)
				units = append(units, out...)
				end = pts + 20*ms
			}
			for i, u := range units {
				require.InDelta(t, float64(i)*1024/48, float64(u.PTS)/1e6, 1e-3, "milliseconds of unit %d", i)
			}
			last := units[len(units)-1]
			require.InDelta(t, end.Seconds(), (last.PTS + last.Duration).Seconds(), 0.066, "three frames are in the making")
		})
	}
}

func TestJumpBeginsAnew(t *testing.T) {
	conv := newConverter(t, media.PCMA)
	units := feed(t, conv, media.PCMA, 0, tone(media.PCMA, 1000, 1))
	before := len(units)
	units = append(units, feed(t, conv, media.PCMA, 10*time.Second, tone(media.PCMA, 1000, 1))...)
	units = append(units, feed(t, conv, media.PCMA, 2*time.Second, tone(media.PCMA, 1000, 1))...)
	require.True(t, slices.IsSortedFunc(units, func(a, b *media.Unit) int { return int(a.PTS - b.PTS) }))
	at := slices.IndexFunc(units, func(u *media.Unit) bool { return u.PTS == 10*time.Second })
	require.Positive(t, at, "the passage begins exactly where it belongs")
	require.True(t, units[at].Gap)
	require.LessOrEqual(t, at-before, 3)
	last := units[len(units)-1]
	require.Less(t, last.PTS, 11*time.Second, "the passage from the past is left out")
}

func TestOpenAndCloseLeaksNothing(t *testing.T) {
	work := func() {
		conv, err := New().Derive(media.PCMA, media.AAC)
		require.NoError(t, err)
		feed(t, conv, media.PCMA, 0, media.Silence(media.PCMA, telephoneRate/5))
		conv.Close()
	}
	requireSteadyMemory(t, work)
}

func BenchmarkAAC(b *testing.B) {
	conv := newConverter(b, media.PCMA)
	clip, u := tone(media.PCMA, 440, 4), &media.Unit{Format: format(media.PCMA)}
	n := 0
	b.ReportAllocs()
	for b.Loop() { // one second of sound
		for range 50 {
			u.Payload = clip[n*packet%len(clip):][:packet]
			u.PTS = time.Duration(n) * 20 * time.Millisecond
			n++
			if _, err := conv.Convert(u); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()/float64(b.N)*100, "core%")
}
