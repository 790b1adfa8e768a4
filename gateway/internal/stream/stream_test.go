package stream

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway/internal/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	h264 = &media.Format{Codec: media.H264}
	pcma = &media.Format{Codec: media.PCMA}
)

func newStream(t testing.TB, d Deriver) *Stream {
	s := New(Params{Name: "s", Deriver: d, Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	return s
}

func picture(n int, key bool) *media.Unit {
	return &media.Unit{Format: h264, PTS: time.Duration(n) * 40 * time.Millisecond, Key: key, Payload: []byte{byte(n)}}
}

func sound(n int) *media.Unit {
	return &media.Unit{Format: pcma, PTS: time.Duration(n) * 20 * time.Millisecond, Key: true, Payload: []byte{byte(n)}}
}

// backlog reads what a reader has now.
func backlog(t testing.TB, r *Reader) []*media.Unit {
	t.Helper()
	var units []*media.Unit
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for {
		u, err := r.Next(ctx)
		if err != nil {
			return units
		}
		units = append(units, u)
	}
}

func numbers(units []*media.Unit) []byte {
	var ns []byte
	for _, u := range units {
		ns = append(ns, u.Payload[0])
	}
	return ns
}

func TestLateReaderStartsAtTheLastKeyUnit(t *testing.T) {
	s := newStream(t, nil)
	p := s.Publish(PublisherParams{})
	for n := range 8 {
		p.Write(picture(n, n%5 == 0))
	}
	r := s.Attach(ReaderParams{Video: []media.Codec{media.H264}})
	p.Write(picture(8, false))
	require.Equal(t, []byte{5, 6, 7, 8}, numbers(backlog(t, r)))
}

func TestReaderWithoutCachedPictureWaitsForAKeyUnit(t *testing.T) {
	s := newStream(t, nil)
	var asked atomic.Int32
	p := s.Publish(PublisherParams{RequestKeyframe: func() { asked.Add(1) }})
	r := s.Attach(ReaderParams{Video: []media.Codec{media.H264}})
	p.Write(picture(1, false))
	p.Write(picture(2, false))
	p.Write(picture(3, true))
	p.Write(picture(4, false))
	require.Equal(t, []byte{3, 4}, numbers(backlog(t, r)))
	require.EqualValues(t, 1, asked.Load(), "the source is asked once")
}

func TestSlowReaderResumesAtAKeyUnitAndAudioGoesOn(t *testing.T) {
	s := newStream(t, nil)
	p := s.Publish(PublisherParams{})
	slow := s.Attach(ReaderParams{Audio: []media.Codec{media.PCMA}, Video: []media.Codec{media.H264}})
	quick := s.Attach(ReaderParams{Video: []media.Codec{media.H264}})
	p.Write(picture(0, true))
	backlogTime := 0
	for n := 1; time.Duration(n)*40*time.Millisecond <= maxBacklog; n++ {
		p.Write(picture(n, false))
		backlogTime = n
	}
	require.Len(t, backlog(t, quick), backlogTime+1, "the quick one is not disturbed")

	over := backlogTime + 1
	p.Write(picture(over, false)) // overflow: the backlog goes, video is shut
	p.Write(sound(2 * over))
	p.Write(picture(over+1, false))
	p.Write(picture(over+2, true))
	p.Write(picture(over+3, false))

	units := backlog(t, slow)
	require.Equal(t, []byte{byte(2 * over), byte(over + 2), byte(over + 3)}, numbers(units))
	require.True(t, units[0].Gap, "audio tells that something is missing")
	require.True(t, units[1].Gap, "video tells that something is missing")
	require.False(t, units[2].Gap)
	require.EqualValues(t, over+2, slow.Dropped(), "everything lost is counted")
	require.Zero(t, quick.Dropped())
}

func TestPublishedUnitIsNotChanged(t *testing.T) {
	s := newStream(t, nil)
	p := s.Publish(PublisherParams{})
	r := s.Attach(ReaderParams{Video: []media.Codec{media.H264}})
	r.gap[media.Video] = true
	u := picture(1, true)
	before := *u
	before.Payload = slices.Clone(u.Payload)
	p.Write(u)
	require.True(t, backlog(t, r)[0].Gap)
	require.Equal(t, before, *u)
}

func TestStalePublisherIsIgnored(t *testing.T) {
	s := newStream(t, nil)
	old := s.Publish(PublisherParams{})
	r := s.Attach(ReaderParams{Audio: []media.Codec{media.PCMA}})
	old.Write(sound(1))
	fresh := s.Publish(PublisherParams{})
	old.Write(sound(2))
	old.Close() // must not take the stream from its successor
	fresh.Write(sound(3))
	require.Equal(t, []byte{1, 3}, numbers(backlog(t, r)))
}

func TestKeyframeRequestsAreCoalesced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStream(t, nil)
		var asked atomic.Int32
		s.Publish(PublisherParams{RequestKeyframe: func() { asked.Add(1) }})
		for range 40 {
			s.RequestKeyframe()
			time.Sleep(50 * time.Millisecond)
		}
		require.EqualValues(t, 2, asked.Load(), "at most one a second")
	})
}

func TestCloseEndsReadersAfterTheirBacklog(t *testing.T) {
	s := newStream(t, nil)
	p := s.Publish(PublisherParams{})
	r := s.Attach(ReaderParams{Audio: []media.Codec{media.PCMA}})
	p.Write(sound(1))
	s.Close()
	u, err := r.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []byte{1}, u.Payload)
	_, err = r.Next(t.Context())
	require.ErrorIs(t, err, io.EOF)
	late := s.Attach(ReaderParams{Audio: []media.Codec{media.PCMA}})
	_, err = late.Next(t.Context())
	require.ErrorIs(t, err, io.EOF)
}

// relabel is a conversion that changes nothing but the codec, and counts how many of it live.
type relabel struct {
	alive, made atomic.Int32
	format      *media.Format
}

func (d *relabel) Can(_, to media.Codec) bool { return to == media.AAC }

func (d *relabel) Derive(_, _ media.Codec) (Converter, error) {
	d.alive.Add(1)
	d.made.Add(1)
	return relabeller{d}, nil
}

type relabeller struct{ d *relabel }

func (c relabeller) Convert(u *media.Unit) ([]*media.Unit, error) {
	out := *u
	out.Format = c.d.format
	return []*media.Unit{&out}, nil
}

func (relabeller) Patience() time.Duration { return 0 }

func (c relabeller) Close() { c.d.alive.Add(-1) }

func TestDerivedTrackIsSharedAndStopsWithItsLastReader(t *testing.T) {
	d := &relabel{format: &media.Format{Codec: media.AAC}}
	s := newStream(t, d)
	p := s.Publish(PublisherParams{})
	p.Write(sound(0))
	require.Zero(t, d.made.Load(), "nobody needs it yet")

	a := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
	b := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
	passthrough := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC, media.PCMA}})
	p.Write(sound(1))
	for _, r := range []*Reader{a, b} {
		u, err := r.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, media.AAC, u.Format.Codec)
		require.Equal(t, []byte{1}, u.Payload)
	}
	u, err := passthrough.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, media.PCMA, u.Format.Codec, "what can be copied is copied")
	require.EqualValues(t, 1, d.made.Load(), "one conversion for all")

	a.Close()
	require.EqualValues(t, 1, d.alive.Load())
	b.Close()
	require.Eventually(t, func() bool { return d.alive.Load() == 0 }, time.Second, time.Millisecond)

	c := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
	p.Write(sound(2))
	u, err = c.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []byte{2}, u.Payload, "it starts again for the next one")
}

func TestCodecChangeMovesReaders(t *testing.T) {
	d := &relabel{format: &media.Format{Codec: media.AAC}}
	s := newStream(t, d)
	p := s.Publish(PublisherParams{})
	r := s.Attach(ReaderParams{Audio: []media.Codec{media.AAC}})
	p.Write(sound(1))
	_, err := r.Next(t.Context())
	require.NoError(t, err)
	p.Write(&media.Unit{Format: &media.Format{Codec: media.PCMU}, Key: true, Payload: []byte{2}})
	u, err := r.Next(t.Context())
	require.NoError(t, err)
	require.Equal(t, []byte{2}, u.Payload)
	require.EqualValues(t, 2, d.made.Load())
	require.Eventually(t, func() bool { return d.alive.Load() == 1 }, time.Second, time.Millisecond)
}

func BenchmarkPublishTo8(b *testing.B) {
	s := newStream(b, nil)
	p := s.Publish(PublisherParams{})
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	for range 8 {
		r := s.Attach(ReaderParams{Audio: []media.Codec{media.PCMA}})
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				if _, err := r.Next(ctx); err != nil {
					return
				}
			}
		}()
		defer func() { <-done }()
	}
	defer cancel()
	u := sound(1)
	b.ReportAllocs()
	for b.Loop() {
		p.Write(u)
	}
}
