package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// audience is test/peers/audience at work: viewers of one stream, in a process of their own.
type audience struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	answers *json.Decoder
}

// counts is what the viewers have received, all together.
type counts struct {
	Pictures int64 `json:"pictures"`
	Packets  int64 `json:"packets"`
	Missing  int64 `json:"missing"`
}

func (c counts) since(before counts) counts {
	return counts{c.Pictures - before.Pictures, c.Packets - before.Packets, c.Missing - before.Missing}
}

// buildAudience returns the path of the program.
func buildAudience(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "audience")
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", path, "callcast/test/peers/audience").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build audience: %w\n%s", err, text)
	}
	return path, nil
}

// startAudience has so many viewers watch, and returns when all have a picture.
func startAudience(ctx context.Context, binary, stream string, size int) (*audience, error) {
	cmd := exec.CommandContext(ctx, binary, stream, fmt.Sprint(size))
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start audience: %w", err)
	}
	a := &audience{cmd: cmd, in: in, answers: json.NewDecoder(out)}
	var seated counts
	if err := a.answers.Decode(&seated); err != nil {
		return nil, errors.Join(fmt.Errorf("seat %d viewers: %w", size, err), a.leave())
	}
	return a, nil
}

// received asks what has arrived until now.
func (a *audience) received() (c counts, err error) {
	if _, err := io.WriteString(a.in, "\n"); err != nil {
		return c, err
	}
	return c, a.answers.Decode(&c)
}

// leave ends the viewings and the process.
func (a *audience) leave() error {
	_ = a.in.Close()
	return a.cmd.Wait()
}
