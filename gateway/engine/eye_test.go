//go:build cgo && !nolibav

package engine

import (
	"image"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway/internal/codec/h264"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/media"
)

// eye decodes what a phone is shown.
type eye struct {
	mu      sync.Mutex // guards what follows
	decoder *transcode.Decoder
	format  *media.Format
	last    *image.RGBA
}

func newEye(t *testing.T) *eye {
	t.Helper()
	d, err := transcode.NewDecoder(media.H264)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return &eye{decoder: d}
}

func (e *eye) see(_ string, _ uint32, picture []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	u := &media.Unit{}
	var sps, pps []byte
	for nal := range h264.AnnexB(picture) {
		switch {
		case h264.IsSPS(nal):
			sps = nal
		case h264.IsPPS(nal):
			pps = nal
		default:
			u.Key = u.Key || nal[0]&0x1F == 5
			u.Payload = h264.AppendNAL(u.Payload, nal)
		}
	}
	if f, err := h264.NewFormat(sps, pps); err == nil {
		e.format = f
	}
	if u.Format = e.format; u.Format == nil {
		return
	}
	if fresh, err := e.decoder.Decode(u); err == nil && fresh {
		e.last = e.decoder.Picture(nil, 0)
	}
}

// forget closes the eye to what was seen before.
func (e *eye) forget() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last = nil
}

// sees waits for a picture of a camera with this brightness: on the left, and nothing on the right.
func (e *eye) sees(t *testing.T, grey uint8) {
	t.Helper()
	require.Eventually(t, func() bool {
		e.mu.Lock()
		defer e.mu.Unlock()
		if e.last == nil {
			return false
		}
		w, h := e.last.Rect.Dx(), e.last.Rect.Dy()
		left, right := e.last.RGBAAt(w/4, h/2).G, e.last.RGBAAt(w-2, h/2).G
		want := 1.164 * (float64(grey) - 16) // of full range
		return math.Abs(float64(left)-want) < 20 && right < 60
	}, patience, 10*time.Millisecond, "%d", grey)
}

// hushes waits until half a second was silent.
func hushes(t *testing.T, recent func() []int16) {
	t.Helper()
	require.Eventually(t, func() bool {
		samples := recent()
		for _, s := range samples {
			if s > 100 || s < -100 {
				return false
			}
		}
		return len(samples) == 4000
	}, patience, 20*time.Millisecond)
}
