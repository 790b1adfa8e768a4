package engine

import (
	"errors"
	"fmt"

	"callcast/gateway"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
	sinkrtmp "callcast/gateway/internal/sink/rtmp"
	"callcast/gateway/internal/sound"
)

// clip is a sound file, mono.
type clip struct {
	samples []int16
	rate    int
}

// clip reads a sound file of the configured folder; none if the name is empty.
func (e *Engine) clip(name string) (*clip, error) {
	if name == "" {
		return nil, nil
	}
	refused := &gateway.Error{Code: gateway.CodeNotFound, Reason: gateway.ReasonFileMissing, Field: "fileName", Value: name}
	if e.config.Media.SoundDir == "" {
		refused.Message = fmt.Sprintf("fileName %q: no folder of sound files is configured; set media_dir.", name)
		return nil, refused
	}
	c, err := sound.Load(e.config.Media.SoundDir, name)
	switch {
	case errors.Is(err, sound.ErrFormat):
		refused.Code, refused.Reason = gateway.CodeInvalid, gateway.ReasonFileFormat
		refused.Message = fmt.Sprintf("fileName %q: this is not a WAV file that can be played (%v).", name, err)
		return nil, refused
	case err != nil:
		refused.Message = fmt.Sprintf("fileName %q: there is no such file in media_dir.", name)
		return nil, refused
	}
	return &clip{samples: c.Samples, rate: c.Rate}, nil
}

// soundEncoder makes AAC of sound that is no stream's.
func soundEncoder(rate, channels int) (sinkrtmp.SoundEncoder, error) {
	return transcode.NewSoundEncoder(media.AAC, rate, channels)
}
