package engine

import (
	"context"

	"callcast/gateway"
	"callcast/gateway/internal/sink/preview"
)

// previewWidth is wide enough for the console's largest preview.
const (
	previewWidth = 960
	previewFPS   = 25
)

// OpenPreview starts decoding a stream for the console.
func (e *Engine) OpenPreview(_ context.Context, name string) (gateway.Preview, error) {
	shown, err := e.streams.watchable(name)
	if err != nil {
		return nil, err
	}
	return preview.New(preview.Params{Stream: shown, MaxWidth: previewWidth, FPS: previewFPS, Log: e.log}), nil
}
