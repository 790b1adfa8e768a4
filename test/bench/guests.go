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

// guests are a program of test/peers at work: browsers in a process of their own, which says how they fare when all are
// there, and whenever it is asked.
type guests struct {
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

// buildGuests returns the path of the program.
func buildGuests(ctx context.Context, dir, name string) (string, error) {
	path := filepath.Join(dir, name)
	if text, err := exec.CommandContext(ctx, "go", "build", "-o", path, "callcast/test/peers/"+name).CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", name, err, text)
	}
	return path, nil
}

// startAudience has so many viewers watch, and returns when all have a picture.
func startAudience(ctx context.Context, binary, stream string, size int) (*guests, error) {
	g, err := summon(ctx, new(counts), binary, stream, fmt.Sprint(size))
	if err != nil {
		return nil, fmt.Errorf("seat %d viewers: %w", size, err)
	}
	return g, nil
}

// summon starts the program and takes its first answer into state. Guests stand for other machines: what is measured does not
// keep them waiting, where the system allows that.
func summon(ctx context.Context, state any, binary string, args ...string) (*guests, error) {
	const ahead = "-10"
	cmd := exec.CommandContext(ctx, "nice", append([]string{"-n", ahead, binary}, args...)...)
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
		return nil, fmt.Errorf("start %s: %w", filepath.Base(binary), err)
	}
	g := &guests{cmd: cmd, in: in, answers: json.NewDecoder(out)}
	if err := g.answers.Decode(state); err != nil {
		return nil, errors.Join(err, g.leave())
	}
	return g, nil
}

// ask takes an answer into state.
func (g *guests) ask(state any) error {
	if _, err := io.WriteString(g.in, "\n"); err != nil {
		return err
	}
	return g.answers.Decode(state)
}

// received asks an audience what has arrived until now.
func (g *guests) received() (counts, error) {
	var c counts
	err := g.ask(&c)
	return c, err
}

// leave ends the program.
func (g *guests) leave() error {
	_ = g.in.Close()
	return g.cmd.Wait()
}
