//go:build cgo && !nolibav

package transcode

import (
	"time"

	"callcast/gateway/internal/codec/g711"
	"callcast/gateway/internal/media"
)

// lastStep encodes samples that libav has brought into shape.
type lastStep interface {
	encode(pcm []int16) []byte // empty if it cannot
	delay() time.Duration
	close()
}

// lawEncoder encodes G.711.
type lawEncoder struct{ to media.Codec }

func (e lawEncoder) encode(pcm []int16) []byte {
	return g711.Encode(make([]byte, 0, len(pcm)), e.to, pcm)
}

func (lawEncoder) delay() time.Duration { return 0 }

func (lawEncoder) close() {}
