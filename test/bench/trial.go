package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

const (
	spacing = 130 * time.Millisecond // between the beginnings of calls, so that their pictures do not coincide
	settle  = time.Second            // for the last pictures of the window to arrive
)

// trial is one contender with a number of calls.
type trial struct {
	entrant entrant
	calls   int
	warmUp  time.Duration // after the last call is on air
	window  time.Duration // how long to measure
	clip    *clip
	server  *nginx
	dir     string // for the trial's files, to be made
}

// outcome is what a trial measured.
type outcome struct {
	Contender      string        `json:"contender"`
	ProcessPerCall bool          `json:"processPerCall"`
	Calls          int           `json:"calls"`
	Window         time.Duration `json:"windowNs"`
	CPU            time.Duration `json:"cpuNs"` // used in the window
	Idle           memory        `json:"idle"`  // before the first call
	Busy           memory        `json:"busy"`  // at the end of the window
	Load           float64       `json:"load"`  // of the machine at the end, the bench itself included
	Yields         []yield       `json:"yields"`
	from, to       time.Time
}

func (t trial) run(ctx context.Context) (outcome, error) {
	o := outcome{Contender: t.entrant.name, ProcessPerCall: t.entrant.processPerCall, Calls: t.calls}
	lines, err := t.lines(ctx)
	if err == nil {
		err = t.measure(ctx, lines, &o)
	}
	for _, l := range lines {
		err = errors.Join(err, l.stop())
	}
	if err != nil {
		return o, fmt.Errorf("%s with %d calls: %w", t.entrant.name, t.calls, err)
	}
	for _, l := range lines {
		o.Yields = append(o.Yields, l.yield(o.from, o.to))
	}
	return o, nil
}

// lines are the calls to be. On error it returns those that need to be stopped.
func (t trial) lines(ctx context.Context) ([]*line, error) {
	lines := make([]*line, 0, t.calls)
	for i := range t.calls {
		l, err := newLine(ctx, t.server.address(), fmt.Sprintf("%s-%d-%d", t.entrant.name, t.calls, i), t.clip)
		if err != nil {
			return lines, err
		}
		lines = append(lines, l)
	}
	return lines, nil
}

func (t trial) measure(ctx context.Context, lines []*line, o *outcome) (err error) {
	if err := os.Mkdir(t.dir, 0o700); err != nil {
		return err
	}
	c := t.entrant.enter(t.dir, t.server)
	defer func() { err = errors.Join(err, c.close()) }()
	if err := c.open(ctx, lines); err != nil {
		return err
	}
	if o.Idle, err = memoryOf(c.pids()); err != nil {
		return err
	}
	if err := connect(ctx, c, lines); err != nil {
		return err
	}
	if err := pause(ctx, t.warmUp); err != nil {
		return err
	}
	if err := o.observe(ctx, c, t.window); err != nil {
		return err
	}
	return pause(ctx, settle)
}

// connect brings all calls on air.
func connect(ctx context.Context, c contender, lines []*line) error {
	for _, l := range lines {
		if err := c.connect(ctx, l); err != nil {
			return err
		}
		if err := pause(ctx, spacing); err != nil {
			return err
		}
	}
	for _, l := range lines {
		if err := l.onAir(ctx); err != nil {
			return err
		}
	}
	return nil
}

// observe measures the processes over a window.
func (o *outcome) observe(ctx context.Context, c interface{ pids() []int }, window time.Duration) error {
	before, err := cpuTime(c.pids())
	if err != nil {
		return err
	}
	o.from = time.Now()
	if err := pause(ctx, window); err != nil {
		return err
	}
	o.to = time.Now()
	after, err := cpuTime(c.pids())
	if err != nil {
		return err
	}
	o.Window, o.CPU = o.to.Sub(o.from), after-before
	o.Load = load()
	o.Busy, err = memoryOf(c.pids())
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// load is how many processes wanted a CPU in the last minute, or zero if the system does not say.
func load() float64 {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	value, _ := strconv.ParseFloat(first, 64)
	return value
}
