package model

import (
	"context"
	"image"
	"time"

	"callcast/gateway"
)

const (
	picturePause = 40 * time.Millisecond  // 25 pictures a second
	mirrorPause  = 100 * time.Millisecond // of the operator's own picture, which is small
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
	m.turn(&m.watch, want, picturePause, func(p Picture) { m.OnPicture(p) })
	m.turn(&m.mirror, m.ownView(), mirrorPause, func(p Picture) { m.OnSelfView(p) })
}

// ownView is the operator's own picture in the selected call.
func (m *Model) ownView() watch {
	c := m.selected.Call
	if c == nil || c.Status.Ended() {
		return watch{}
	}
	return watch{stream: c.Devices.SelfView, created: c.Created}
}

// turn opens the preview that is wanted in place of another.
func (m *Model) turn(w *watch, want watch, every time.Duration, tell func(Picture)) {
	if want.stream == w.stream && want.created.Equal(w.created) {
		return
	}
	if w.stop != nil {
		w.stop()
	}
	*w = want
	tell(Picture{Level: silence()})
	if want.stream == "" {
		return
	}
	ctx, stop := context.WithCancel(m.root)
	w.stop = stop
	m.wg.Go(func() { m.show(ctx, want.stream, every, tell) })
}

// show carries pictures to the main goroutine until ctx ends.
func (m *Model) show(ctx context.Context, stream string, every time.Duration, tell func(Picture)) {
	preview, err := m.api.OpenPreview(ctx, stream)
	if err != nil {
		m.deliver(ctx, func() { tell(Picture{Level: silence(), Err: asError(err)}) })
		return
	}
	defer preview.Close()
	// Two pictures take turns, so that the one on the screen is never drawn into.
	var shown, spare *image.RGBA
	var last gateway.Level
	for pause(ctx, every) {
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
		if !m.deliver(ctx, func() { tell(Picture{Frame: shown, Level: level}) }) {
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
