package app

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"time"
)

// How long it may take to stop, from its beginning.
const (
	doorTime = 3 * time.Second // until the servers are cut
	stopTime = 9 * time.Second // until all is; what is alive then is named in the log
	lastTime = 2 * time.Second // more, until the program ends whatever hangs
)

// patience is how long a program, with a window or without, may take to end.
func patience(headless bool) time.Duration {
	if headless {
		return stopTime + lastTime
	}
	return windowTime + stopTime + lastTime
}

// closer is what stops, and gives up on it when its context ends.
type closer interface {
	Close(ctx context.Context) error
}

// stop stops the servers beside each other, then the engine.
func stop(eng closer, doors ...closer) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return errors.Join(shut(ctx, doors), eng.Close(ctx))
}

func shut(ctx context.Context, doors []closer) error {
	ctx, cancel := context.WithTimeout(ctx, doorTime)
	defer cancel()
	shut := make(chan error)
	for _, door := range doors {
		go func() { shut <- door.Close(ctx) }()
	}
	var errs []error
	for range doors {
		errs = append(errs, <-shut)
	}
	return errors.Join(errs...)
}

// insist ends the program some time after ctx has ended, unless all is over by then, and tells what kept it from ending by
// itself.
func insist(ctx context.Context, over <-chan struct{}, patience time.Duration, log *slog.Logger, exit func(int)) {
	<-ctx.Done()
	select {
	case <-over:
		return
	case <-time.After(patience):
	}
	at := make([]byte, 1<<20)
	log.Error("the program hangs in stopping", "goroutines", string(at[:runtime.Stack(at, true)]))
	exit(exitError)
}
