package model

import (
	"context"
	"image"
	"time"

	"callcast/gateway"
)

const (
	picturePause = 40 * time.Millisecond  // 25 pictures a second
	levelLasts   = 500 * time.Millisecond // older than this, a level speaks of nothing
)

// watch is the preview that is open, if any.
type watch struct {
	stream  string
	created time.Time // a stream that comes back under its name is another one
	stop    context.CancelFunc
}

// rewatch opens the preview of the selected stream, once it is live, and closes the one before.
func (m *Model) rewatch() {
	want := watch{}
	if s := m.selected.Stream; s != nil && s.Live {
		want = watch{stream: s.Name, created: s.Created}
	}
	if want.stream == m.watch.stream && want.created.Equal(m.watch.created) {
		return
	}
	if m.watch.stop != nil {
		m.watch.stop()
	}
	m.watch = want
	m.OnPicture(Picture{Level: silence()})
	if want.stream == "" {
		return
	}
	ctx, stop := context.WithCancel(m.root)
	m.watch.stop = stop
	m.wg.Go(func() { m.show(ctx, want.stream) })
}

// show carries pictures to the main goroutine until ctx ends.
func (m *Model) show(ctx context.Context, stream string) {
	preview, err := m.api.OpenPreview(ctx, stream)
	if err != nil {
		m.deliver(ctx, func() { m.OnPicture(Picture{Level: silence(), Err: asError(err)}) })
		return
	}
	defer preview.Close()
	// Two pictures take turns, so that the one on the screen is never drawn into.
	var shown, spare *image.RGBA
	var last gateway.Level
	for pause(ctx, picturePause) {
		frame, fresh := preview.Frame(spare)
		level := current(preview.Level())
		if !fresh && level == last {
			continue
		}
		if fresh {
			shown, spare = frame, shown
		} else {
			spare = frame
		}
		last = level
		if !m.deliver(ctx, func() { m.OnPicture(Picture{Frame: shown, Level: level}) }) {
			return
		}
	}
}

func current(l gateway.Level) gateway.Level {
	if time.Since(l.At) > levelLasts {
		return silence()
	}
	return l
}

func silence() gateway.Level {
	return gateway.Level{RMS: gateway.SilenceLevel, Peak: gateway.SilenceLevel}
}
