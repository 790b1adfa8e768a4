package rtmp

import (
	"errors"
	"fmt"
	"io"
	"log/slog"

	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

// Ingest publishes what read returns into a stream, until read returns io.EOF (nil) or another error, or a tag is of
// a codec that no stream holds. Damaged tags are left out and counted.
func Ingest(read func() (rtmp.Tag, error), s *stream.Stream, log *slog.Logger) error {
	// RTMP has no way to ask a publisher for a key unit.
	pub := s.Publish(stream.PublisherParams{})
	defer pub.Close()
	var d demuxer
	defer func() {
		if d.damaged > 0 {
			log.Warn("rtmp publisher sent damaged tags", "count", d.damaged)
		}
	}()
	for {
		tag, err := read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		u, err := d.unit(tag)
		switch {
		case errors.As(err, new(unsupported)):
			return fmt.Errorf("ingest: %w", err)
		case err != nil:
			d.damaged++
		case u != nil:
			pub.Write(u)
		}
	}
}
