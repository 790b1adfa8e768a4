package main

import "context"

// contender is a gateway under test.
type contender interface {
	// open starts what will take the calls, and returns when it is ready.
	open(ctx context.Context, lines []*line) error
	// connect has one call begin. Its sender starts as the call is answered.
	connect(ctx context.Context, l *line) error
	// pids are the processes that do the work.
	pids() []int
	// close ends the calls and the processes.
	close() error
}

// entrant makes a contender, afresh for each trial.
type entrant struct {
	name           string
	processPerCall bool
	enter          func(dir string, server *nginx) contender
}
