package stream

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/media"
)

func TestLateReaderGetsALongGroupOfPictures(t *testing.T) {
	s := newStream(t, nil)
	p := s.Publish(PublisherParams{})
	const before = 10 * time.Second / (40 * time.Millisecond) // much longer than a reader may be behind
	for n := range int(before) {
		p.Write(picture(n, n == 0))
	}
	r := s.Attach(ReaderParams{Video: []media.Codec{media.H264}})
	for n := range 3 {
		p.Write(picture(int(before)+n, false))
	}
	units := backlog(t, r)
	require.Len(t, units, int(before)+3)
	require.True(t, units[0].Key)
	for _, u := range units {
		require.False(t, u.Gap)
	}
	require.Zero(t, r.Dropped())
}

func TestLateReaderThatDoesNotReadLosesItsBacklogToo(t *testing.T) {
	s := newStream(t, nil)
	p := s.Publish(PublisherParams{})
	const before = 200
	for n := range before {
		p.Write(picture(n, n == 0))
	}
	r := s.Attach(ReaderParams{Video: []media.Codec{media.H264}})
	n := before
	for ; time.Duration(n-before)*40*time.Millisecond <= maxBacklog; n++ {
		p.Write(picture(n, false))
	}
	require.Zero(t, r.Dropped())
	p.Write(picture(n, false)) // the first since it came is too old now
	require.EqualValues(t, n+1, r.Dropped())
	p.Write(picture(n+1, true))
	units := backlog(t, r)
	require.Len(t, units, 1)
	require.True(t, units[0].Key && units[0].Gap)
}

func TestPicturesOfANewPublisherStartAtAKeyUnit(t *testing.T) {
	s := newStream(t, nil)
	video := ReaderParams{Video: []media.Codec{media.H264}}
	old := s.Publish(PublisherParams{})
	r := s.Attach(video)
	old.Write(picture(1, true))
	old.Write(picture(2, false))
	old.Close()

	fresh := s.Publish(PublisherParams{})
	late := s.Attach(video)
	fresh.Write(picture(3, false)) // of a group that began before
	fresh.Write(picture(4, true))
	fresh.Write(picture(5, false))

	units := backlog(t, r)
	require.Equal(t, []byte{1, 2, 4, 5}, numbers(units))
	require.True(t, units[2].Gap)
	require.Equal(t, []byte{4, 5}, numbers(backlog(t, late)))
}
