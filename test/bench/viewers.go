package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// show is one call's stream with a number of browsers that watch it.
type show struct {
	gateway, audience string // binaries
	viewers           int
	warmUp, window    time.Duration
	clip              *clip
	dir               string // for its files, to be made
}

// turnout is what a show measured.
type turnout struct {
	Viewers  int     `json:"viewers"`
	Alone    outcome `json:"alone"` // the call with nobody watching
	Watched  outcome `json:"watched"`
	Received counts  `json:"received"` // in the window of Watched
}

func (s show) run(ctx context.Context) (t turnout, err error) {
	t.Viewers = s.viewers
	defer func() {
		if err != nil {
			err = fmt.Errorf("%d viewers: %w", s.viewers, err)
		}
	}()
	if err := os.Mkdir(s.dir, 0o700); err != nil {
		return t, err
	}
	source, err := newSender(s.clip)
	if err != nil {
		return t, err
	}
	c := &callcast{binary: s.gateway, dir: s.dir}
	defer func() { err = errors.Join(err, c.close(), source.stop()) }()
	if err := c.open(ctx, nil); err != nil {
		return t, err
	}
	if err := c.call(ctx, "show", source, nil); err != nil {
		return t, err
	}
	if err := pause(ctx, s.warmUp); err != nil {
		return t, err
	}
	if err := t.Alone.observe(ctx, c, s.window); err != nil {
		return t, err
	}
	return t, s.fill(ctx, c, &t)
}

// fill lets the viewers in and measures.
func (s show) fill(ctx context.Context, c *callcast, t *turnout) (err error) {
	a, err := startAudience(ctx, s.audience, c.whep("show"), s.viewers)
	if err != nil {
		return c.process.failure(err)
	}
	defer func() { err = errors.Join(err, a.leave()) }()
	if err := pause(ctx, s.warmUp); err != nil {
		return err
	}
	before, err := a.received()
	if err != nil {
		return err
	}
	if err := t.Watched.observe(ctx, c, s.window); err != nil {
		return err
	}
	after, err := a.received()
	t.Received = after.since(before)
	return err
}

// share is the part of a core that an outcome took.
func (o outcome) share() float64 { return o.CPU.Seconds() / o.Window.Seconds() }

// perViewer is the part of a core that one viewer takes.
func (t turnout) perViewer() float64 {
	return (t.Watched.share() - t.Alone.share()) / float64(t.Viewers)
}

// print writes what a show came to.
func (t turnout) print(out io.Writer) error {
	each := func(n int64) float64 { return float64(n) / float64(t.Viewers) / t.Watched.Window.Seconds() }
	memory := float64(t.Watched.Busy.RSS-t.Alone.Busy.RSS) / float64(t.Viewers)
	var b strings.Builder
	fmt.Fprintf(&b, "%d viewers, %s\n", t.Viewers, t.Watched.Window.Round(time.Second))
	for _, row := range []struct {
		name, value string
	}{
		{"CPU per viewer", fmt.Sprintf("%.3f %%", 100*t.perViewer())},
		{"CPU, all", fmt.Sprintf("%.1f %%", 100*t.Watched.share())},
		{"  with nobody watching", fmt.Sprintf("%.1f %%", 100*t.Alone.share())},
		{"memory per viewer", fmt.Sprintf("%.0f kB", memory/1024)},
		{"pictures/s each", fmt.Sprintf("%.2f", each(t.Received.Pictures))},
		{"packets/s each", fmt.Sprintf("%.1f", each(t.Received.Packets))},
		{"packets missing", fmt.Sprint(t.Received.Missing)},
		{"load of the machine", fmt.Sprintf("%.1f", t.Watched.Load)},
	} {
		fmt.Fprintf(&b, "%-26s %12s\n", row.name, row.value)
	}
	_, err := io.WriteString(out, b.String()+"\n")
	return err
}

// benchViewers measures shows, smallest first as they are given.
func benchViewers(ctx context.Context, dir string, sizes []int, window time.Duration) error {
	gateway, err := buildCallcast(ctx, dir)
	if err != nil {
		return err
	}
	viewers, err := buildGuests(ctx, dir, "audience")
	if err != nil {
		return err
	}
	clip, err := makeClip(ctx, dir)
	if err != nil {
		return err
	}
	var turnouts []turnout
	for _, n := range sizes {
		s := show{
			gateway: gateway, audience: viewers, viewers: n, warmUp: warmUp, window: window, clip: clip,
			dir: filepath.Join(dir, fmt.Sprint("show", n)),
		}
		t, err := s.run(ctx)
		if err != nil {
			return err
		}
		if err := t.print(os.Stdout); err != nil {
			return err
		}
		turnouts = append(turnouts, t)
	}
	return save(viewersPath, turnouts)
}
