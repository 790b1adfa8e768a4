package playout

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func sound(pts time.Duration, samples ...byte) *media.Unit {
	f := &media.Format{Codec: media.PCMA, SampleRate: rate, Channels: 1}
	return &media.Unit{Format: f, PTS: pts, DTS: pts, Key: true, Payload: samples}
}

func picture(pts time.Duration, key bool) *media.Unit {
	return &media.Unit{Format: &media.Format{Codec: media.H264}, PTS: pts, DTS: pts, Key: key, Payload: make([]byte, 100)}
}

// TestLineJoinsWhatRoundingParts feeds units of an odd length whose times were cut to milliseconds.
func TestLineJoinsWhatRoundingParts(t *testing.T) {
	var l line
	var want []byte
	for n := range 100 {
		unit := slices.Repeat([]byte{byte(n + 1)}, 171) // 21.375 ms
		l.put(clock.Duration(int64(171*n), rate).Truncate(time.Millisecond), unit)
		want = append(want, unit...)
	}
	var got []byte
	for from := int64(0); len(got) < len(want)-160; from += 160 {
		frame := make([]byte, 160)
		require.True(t, l.read(frame, from))
		got = append(got, frame...)
	}
	require.Equal(t, want[:len(got)], got)
}

func TestLineKeepsHolesAndLeavesOutWhatItHas(t *testing.T) {
	var l line
	l.put(0, slices.Repeat([]byte{1}, 160))
	l.put(10*time.Millisecond, slices.Repeat([]byte{2}, 160)) // half of it again
	l.put(5*time.Millisecond, slices.Repeat([]byte{3}, 80))   // all of it
	l.put(50*time.Millisecond, slices.Repeat([]byte{4}, 80))
	got := make([]byte, 600)
	require.True(t, l.read(got, -100))
	require.Equal(t, slices.Concat(
		make([]byte, 100), slices.Repeat([]byte{1}, 160), slices.Repeat([]byte{2}, 80), make([]byte, 160), slices.Repeat([]byte{4}, 80), make([]byte, 20),
	), got)
	require.False(t, l.read(got, 0), "only once")
	require.Zero(t, l.held)
}

func TestLineIsBounded(t *testing.T) {
	var l line
	for n := range 1000 {
		l.put(time.Duration(n)*20*time.Millisecond, make([]byte, 160))
	}
	require.Equal(t, maxSamples, l.held)
	require.Len(t, l.chunks, maxSamples/160)
	require.Equal(t, int64(160*1000), l.end)
}

func TestReelIsBounded(t *testing.T) {
	var r reel
	require.False(t, r.put(picture(0, true)))
	for n := 1; n < maxPictures; n++ {
		require.False(t, r.put(picture(time.Duration(n)*time.Millisecond, false)))
	}
	require.True(t, r.put(picture(time.Hour, false)), "one too many")
	require.Nil(t, r.first())
	require.True(t, r.put(picture(time.Hour, false)))
	require.False(t, r.put(picture(time.Hour, true)))
	require.Equal(t, 100, r.bytes)
	big := picture(time.Hour, false)
	big.Payload = make([]byte, maxBytes)
	require.True(t, r.put(big))
	require.Zero(t, r.bytes)
}

// TestMadeUpSilenceTellsNothing: it comes late, and what is heard stays where it is.
func TestMadeUpSilenceTellsNothing(t *testing.T) {
	p, now := New(Params{Audio: media.PCMA}), time.Now()
	silence := sound(0, 0xD5)
	silence.Fill = true
	p.take(silence, now)
	require.False(t, p.anchor.set())
	p.take(sound(time.Second, 1), now)
	zero := p.anchor.zero
	for n := range 50 {
		silence := sound(time.Second+time.Duration(n)*20*time.Millisecond, 0xD5)
		silence.Fill = true
		p.take(silence, now.Add(time.Duration(n)*20*time.Millisecond+200*time.Millisecond))
	}
	require.Equal(t, zero, p.anchor.zero)
}

// TestHeapIsSkipped: a server that sends what it has kept at first does not make all that follows late.
func TestHeapIsSkipped(t *testing.T) {
	p, now := New(Params{Audio: media.PCMA}), time.Now()
	const kept = 1500 * time.Millisecond
	for at := time.Duration(0); at < kept; at += 20 * time.Millisecond {
		p.take(sound(at, 1), now)
	}
	for at := time.Duration(0); at < 2200*time.Millisecond; at += 20 * time.Millisecond {
		p.take(sound(kept+at, 1), now.Add(at))
	}
	require.InDelta(t, easy().delay.Seconds(), p.anchor.at(kept).Sub(now).Seconds(), 0.001)
}

// TestTalkIsWholeAndSoon: units of 20 ms that come up to 8 ms late are asked for in frames of 20 ms at every phase. Nothing
// is missing once the first late ones were met, and none begins to leave more than 40 ms after it came.
func TestTalkIsWholeAndSoon(t *testing.T) {
	const unit = 20 * time.Millisecond
	start := time.Now()
	for phase := time.Duration(0); phase < unit; phase += time.Millisecond {
		p := New(Params{Audio: media.PCMA, Live: true})
		came, left := map[byte]time.Time{}, map[byte]bool{}
		n := 0
		for tick := range 100 {
			due := start.Add(phase + time.Duration(tick)*unit)
			for {
				at := start.Add(time.Duration(n)*unit + time.Duration(n%5)*2*time.Millisecond)
				if at.After(due) {
					break
				}
				n++
				came[byte(n)] = at
				p.take(sound(time.Duration(n)*unit, slices.Repeat([]byte{byte(n)}, 160)...), at)
			}
			frame := make([]byte, 160)
			p.Sound(frame, media.PCMA, due)
			if tick >= 10 {
				require.NotContains(t, frame, byte(0), "phase %v", phase)
			}
			for _, unit := range frame {
				if tick >= 10 && !left[unit] {
					require.LessOrEqual(t, due.Sub(came[unit]), 40*time.Millisecond, "phase %v", phase)
				}
				left[unit] = true
			}
		}
	}
}

// TestTalkDoesNotWaitForPictures that a camera sends late: they leave as they come.
func TestTalkDoesNotWaitForPictures(t *testing.T) {
	p, now := New(Params{Audio: media.PCMA, Video: media.H264, Live: true}), time.Now()
	const lag = 150 * time.Millisecond
	p.take(picture(0, true), now)
	for n := range 100 {
		at := time.Duration(n) * 20 * time.Millisecond
		p.take(sound(lag+at, 1), now.Add(at))
		p.take(picture(at, false), now.Add(at))
	}
	require.Equal(t, live().delay, p.anchor.at(lag).Sub(now))
	for n := range 100 {
		u, _ := p.Picture(now.Add(2 * time.Second))
		require.NotNil(t, u, "picture %d", n)
	}
}

// TestPicturesFarFromTheSoundDoNotMoveIt: a stream whose pictures are five seconds behind its sound.
func TestPicturesFarFromTheSoundDoNotMoveIt(t *testing.T) {
	p, now := New(Params{Audio: media.PCMA, Video: media.H264}), time.Now()
	for n := range 100 {
		at := time.Duration(n) * 20 * time.Millisecond
		p.take(sound(10*time.Second+at, 1), now.Add(at))
		p.take(picture(5*time.Second+at, true), now.Add(at))
	}
	require.Equal(t, easy().delay, p.anchor.at(10*time.Second).Sub(now))
	for n := range 100 {
		u, _ := p.Picture(now.Add(2 * time.Second))
		require.NotNil(t, u, "picture %d", n)
	}
}

func TestRunEndsWithTheStream(t *testing.T) {
	s := stream.New(stream.Params{Name: "s", Log: slog.New(slog.DiscardHandler)})
	p := New(Params{Stream: s, Name: "call", Audio: media.PCMU, Video: media.H264})
	ended := make(chan error, 1)
	go func() { ended <- p.Run(t.Context()) }()
	require.Eventually(t, func() bool { return len(s.Readers()) == 1 }, 20*time.Second, time.Millisecond)
	require.Equal(t, gateway.Sink{ID: "reader-1", Kind: gateway.SinkCall, Target: "call"}, s.Readers()[0].Sink())
	s.Close()
	require.NoError(t, <-ended)

	s = stream.New(stream.Params{Name: "s", Log: slog.New(slog.DiscardHandler)})
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, New(Params{Stream: s}).Run(ctx), context.Canceled)
	require.Empty(t, s.Readers())
}
