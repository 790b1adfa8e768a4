package rtmp

import (
	"errors"
	"io"
	"log/slog"

	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

// errOver tells that somebody ended the stream.
var errOver = errors.New("stream over")

// Ingest publishes what read returns into a stream, until read returns io.EOF (nil) or another error, a tag is of a
// codec that no stream holds, or the stream is closed: then cut is called, which makes read return.
func Ingest(read func() (rtmp.Tag, error), cut func(), s *stream.Stream, log *slog.Logger) error {
	// RTMP has no way to ask a publisher for a key unit.
	pub := s.Publish(stream.PublisherParams{})
	defer pub.Close()
	defer watch(pub, cut)()
	err := new(demuxer).pump(read, pub.Write, log)
	switch {
	case ended(pub):
		return errOver
	case errors.Is(err, io.EOF):
		return nil
	}
	return err
}

// watch calls then when the publisher's stream is closed, until stop is called, which waits for it.
func watch(pub *stream.Publisher, then func()) (stop func()) {
	stopped, watched := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-pub.Done():
			then()
		case <-stopped:
		}
	}()
	return func() {
		close(stopped)
		<-watched
	}
}

func ended(pub *stream.Publisher) bool {
	select {
	case <-pub.Done():
		return true
	default:
		return false
	}
}
