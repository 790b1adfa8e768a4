package preview

import (
	"context"
	"image"
	"log/slog"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

var _ gateway.Preview = (*Preview)(nil)

// Params configures a preview.
type Params struct {
	Stream   *stream.Stream
	MaxWidth int // of the picture; 0 = as it comes
	FPS      int // pictures per second at most; 0 = as they come
	Log      *slog.Logger
}

// Preview is a running preview of one stream.
type Preview struct {
	params Params
	reader *stream.Reader
	cancel context.CancelFunc
	done   chan struct{}

	mu     sync.Mutex // guards what follows
	frame  *image.RGBA
	fresh  bool // frame has not been handed out
	wanted bool // somebody asked since frame was made
	level  gateway.Level
}

// New starts a preview. The caller closes it.
func New(p Params) *Preview {
	ctx, cancel := context.WithCancel(context.Background())
	v := &Preview{params: p, cancel: cancel, done: make(chan struct{}), wanted: true}
	v.reader = p.Stream.Attach(stream.ReaderParams{
		Name: "preview", Sink: gateway.SinkPreview, Video: []media.Codec{media.H264, media.VP8},
		Audio: []media.Codec{media.PCMA, media.PCMU, media.AAC, media.Opus, media.G722, media.Speex, media.Speex16, media.G729},
	})
	go func() {
		defer close(v.done)
		v.run(ctx)
	}()
	return v
}

// Frame copies the newest picture into dst, growing it if needed, and reports whether the caller has not had it yet.
func (v *Preview) Frame(dst *image.RGBA) (*image.RGBA, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wanted = true
	if !v.fresh {
		return dst, false
	}
	v.fresh = false
	if dst == nil || dst.Rect != v.frame.Rect || len(dst.Pix) != len(v.frame.Pix) {
		dst = image.NewRGBA(v.frame.Rect)
	}
	copy(dst.Pix, v.frame.Pix)
	return dst, true
}

// Level is the loudness of the last moments.
func (v *Preview) Level() gateway.Level {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.level
}

// Close ends the preview and waits for it.
func (v *Preview) Close() {
	v.cancel()
	<-v.done
}

func (v *Preview) run(ctx context.Context) {
	defer v.reader.Close()
	var ear meter
	defer ear.close()
	eye := screen{log: v.params.Log}
	defer eye.close()
	if v.params.FPS > 0 {
		eye.shutter.period = time.Second / time.Duration(v.params.FPS)
	}
	var spare *image.RGBA
	for {
		u, err := v.reader.Next(ctx)
		if err != nil {
			return
		}
		if u.Kind() == media.Audio {
			if level, ok := ear.hear(u); ok {
				v.mu.Lock()
				v.level = level
				v.mu.Unlock()
			}
			continue
		}
		if eye.see(u) && v.isWanted() && eye.shutter.opens(time.Now()) {
			spare = v.show(eye.decoder.Picture(spare, v.params.MaxWidth))
		}
	}
}

func (v *Preview) isWanted() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.wanted
}

// show makes picture the newest one and returns the one before it, whose memory is free again.
func (v *Preview) show(picture *image.RGBA) (spare *image.RGBA) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if picture == nil {
		return nil
	}
	spare = v.frame
	v.frame, v.fresh, v.wanted = picture, true, false
	return spare
}
