package rtmp

import (
	"io"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway/internal/media"
	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newStream(t *testing.T) *stream.Stream {
	s := stream.New(stream.Params{Name: "s", Log: slog.New(slog.DiscardHandler)})
	t.Cleanup(s.Close)
	return s
}

func everything() stream.ReaderParams {
	return stream.ReaderParams{Audio: []media.Codec{media.AAC}, Video: []media.Codec{media.H264}}
}

func TestIngestPublishesAndEnds(t *testing.T) {
	s := newStream(t)
	r := s.Attach(everything())
	defer r.Close()
	tags := append(headers(t),
		video(0, 0x17, 1), // damaged: left out
		video(1000, append([]byte{0x17, 1, 0, 0, 0}, nals([]byte{0x65, 1})...)...),
		audio(1010, 0xAF, 1, 7))
	read := func() (rtmp.Tag, error) {
		if len(tags) == 0 {
			return rtmp.Tag{}, io.EOF
		}
		tag := tags[0]
		tags = tags[1:]
		return tag, nil
	}
	uncut := func() { t.Error("cut though the stream goes on") }
	require.NoError(t, Ingest(read, uncut, s, slog.New(slog.DiscardHandler)))
	for _, want := range []media.Kind{media.Video, media.Audio} {
		u, err := r.Next(t.Context())
		require.NoError(t, err)
		require.Equal(t, want, u.Kind())
	}
	tags = []rtmp.Tag{audio(0, 0x2F, 1)}
	require.ErrorContains(t, Ingest(read, uncut, s, slog.New(slog.DiscardHandler)), "publish H.264, with AAC")
}

func TestIngestEndsWithItsStream(t *testing.T) {
	s := newStream(t)
	reading, cut := make(chan struct{}), make(chan struct{})
	go func() {
		<-reading
		s.Close()
	}()
	err := Ingest(func() (rtmp.Tag, error) {
		close(reading)
		<-cut
		return rtmp.Tag{}, rtmp.ErrClosed
	}, func() { close(cut) }, s, slog.New(slog.DiscardHandler))
	require.ErrorIs(t, err, errOver)
}
