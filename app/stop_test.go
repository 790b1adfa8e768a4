package app

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// part takes so long to stop, unless it is cut.
type part struct {
	takes   time.Duration
	stopped time.Time
}

func (p *part) Close(ctx context.Context) (err error) {
	select {
	case <-time.After(p.takes):
	case <-ctx.Done():
		err = errors.New("cut")
	}
	p.stopped = time.Now()
	return err
}

func TestStop(t *testing.T) {
	for name, c := range map[string]struct {
		engine, one, two time.Duration
		servers, all     time.Duration
		fails            bool
	}{
		"in order":                 {engine: 2 * time.Second, one: 2 * time.Second, two: time.Second, servers: 2 * time.Second, all: 4 * time.Second},
		"though a server hangs":    {one: time.Hour, servers: doorTime, all: doorTime, fails: true},
		"though the servers hang":  {one: time.Hour, two: time.Hour, servers: doorTime, all: doorTime, fails: true},
		"though the engine hangs":  {engine: time.Hour, all: stopTime, fails: true},
		"though everything hangs":  {engine: time.Hour, one: time.Hour, two: time.Hour, servers: doorTime, all: stopTime, fails: true},
		"with nothing in the way":  {},
		"with servers that linger": {one: 2 * time.Second, two: 2 * time.Second, servers: 2 * time.Second, all: 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				engine, one, two := &part{takes: c.engine}, &part{takes: c.one}, &part{takes: c.two}
				began := time.Now()
				err := stop(engine, one, two)
				require.Equal(t, c.fails, err != nil)
				require.Equal(t, c.all, time.Since(began))
				require.Equal(t, c.all, engine.stopped.Sub(began))
				require.LessOrEqual(t, one.stopped.Sub(began), c.servers)
				require.LessOrEqual(t, two.stopped.Sub(began), c.servers)
			})
		})
	}
}

func TestProgramThatEndsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, end := context.WithCancel(t.Context())
		over := make(chan struct{})
		go insist(ctx, over, patience(true), nil, func(int) { t.Error("it was over") })
		end()
		time.Sleep(stopTime)
		close(over)
		time.Sleep(time.Hour)
	})
}

func TestProgramThatHangsEndsAnyway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		ctx, end := context.WithCancel(t.Context())
		exited := make(chan int)
		go insist(ctx, nil, patience(true), slog.New(slog.NewTextHandler(&log, nil)), func(code int) { exited <- code })
		time.Sleep(time.Hour)
		began := time.Now()
		end()
		require.Equal(t, exitError, <-exited)
		require.Equal(t, stopTime+lastTime, time.Since(began))
		require.Contains(t, log.String(), "TestProgramThatHangsEndsAnyway")
	})
}
