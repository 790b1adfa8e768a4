package rtmp

import (
	"context"
	"errors"
	"io"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// patience is how long a unit may lie before it is sent. Players of RTMP buffer far more.
const patience = 20 * time.Millisecond

// readerParams is what RTMP carries.
func readerParams(name string, kind gateway.SinkKind) stream.ReaderParams {
	return stream.ReaderParams{
		Name: name, Sink: kind, Patience: patience,
		Audio: []media.Codec{media.AAC}, Video: []media.Codec{media.H264},
	}
}

// Play sends a stream to a player until the stream ends (nil), ctx does, or the player takes no more.
func Play(ctx context.Context, s *stream.Stream, name string, out TagWriter) error {
	r := s.Attach(readerParams(name, gateway.SinkRTMPPlayer))
	defer r.Close()
	m := newMuxer()
	m.connect(out)
	first := newOverture(m)
	for {
		u, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return first.end()
		}
		if err != nil {
			return err
		}
		if err := first.write(u); err != nil {
			return err
		}
	}
}
