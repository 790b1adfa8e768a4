package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// grace is how long a program may take to end when told to.
const grace = 10 * time.Second

var errEnded = errors.New("has ended")

// child is a running program. Its output goes to a file.
type child struct {
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// spawn starts a program that does not outlive this one.
func spawn(log, name string, args ...string) (*child, error) {
	out, err := os.Create(log)
	if err != nil {
		return nil, err
	}
	defer func() { _ = out.Close() }()
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	c := &child{cmd: cmd, log: log, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(c.done)
	}()
	return c, nil
}

func (c *child) pid() int { return c.cmd.Process.Pid }

// stop asks the program to end, and ends it if it does not.
func (c *child) stop() {
	_ = c.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-c.done:
	case <-time.After(grace):
		_ = c.cmd.Process.Kill()
		<-c.done
	}
}

// await polls until the condition holds, the program ends or time is up.
func (c *child) await(ctx context.Context, what string, condition func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-c.done:
			return c.failure(errEnded)
		case <-ctx.Done():
			return c.failure(fmt.Errorf("wait for %s: %w", what, ctx.Err()))
		case <-ticker.C:
			if condition() {
				return nil
			}
		}
	}
}

// failure adds what the program said to an error.
func (c *child) failure(err error) error {
	const most = 2000
	text, _ := os.ReadFile(c.log)
	return fmt.Errorf("%s: %w\n%s", filepath.Base(c.cmd.Path), err, text[max(0, len(text)-most):])
}
