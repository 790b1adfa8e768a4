package preview

import (
	"log/slog"

	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// screen decodes pictures, with a decoder for the codec that it last saw.
type screen struct {
	codec   media.Codec
	decoder *transcode.Decoder // nil if this build cannot decode it
	shutter shutter
	log     *slog.Logger
}

// see takes a unit and reports whether there is a new picture.
func (s *screen) see(u *media.Unit) bool {
	if u.Format.Codec != s.codec {
		s.change(u.Format.Codec)
	}
	if s.decoder == nil {
		return false
	}
	fresh, err := s.decoder.Decode(u)
	if err != nil {
		s.log.Debug("picture cannot be decoded", "err", err)
	}
	return fresh
}

func (s *screen) change(codec media.Codec) {
	s.close()
	decoder, err := transcode.NewDecoder(codec)
	if err != nil {
		s.log.Warn("preview has no picture", "err", err)
	}
	s.codec, s.decoder = codec, decoder
}

func (s *screen) close() {
	if s.decoder != nil {
		s.decoder.Close()
	}
	s.decoder = nil
}
