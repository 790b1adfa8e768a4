package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Where the raw figures go, seen from the module's root.
const (
	figuresPath = "test/.cache/bench.json"
	viewersPath = "test/.cache/viewers.json"
	talksPath   = "test/.cache/talks.json"
)

const warmUp = 5 * time.Second

func main() {
	var calls, viewers, talks sizes
	_ = calls.Set("1,10,30")
	flag.Var(&calls, "calls", "how many calls at a time, separated by commas")
	flag.Var(&viewers, "viewers", "measure viewers of one call instead: how many at a time, separated by commas")
	flag.Var(&talks, "talks", "measure calls of browsers with telephones instead: how many at a time, separated by commas")
	window := flag.Duration("window", 12*time.Second, "how long to measure each")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	err := withFolder(func(dir string) error {
		switch {
		case len(viewers) > 0:
			return benchViewers(ctx, dir, viewers, *window)
		case len(talks) > 0:
			return benchTalks(ctx, dir, talks, *window)
		default:
			return benchCalls(ctx, dir, calls, *window)
		}
	})
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sizes is a flag.
type sizes []int

func (n *sizes) String() string { return strings.Trim(fmt.Sprint([]int(*n)), "[]") }

func (n *sizes) Set(text string) error {
	*n = nil
	for part := range strings.SplitSeq(text, ",") {
		number, err := strconv.Atoi(part)
		if err != nil || number < 1 {
			return fmt.Errorf("%q is no number of anything", part)
		}
		*n = append(*n, number)
	}
	return nil
}

// withFolder runs a function that needs a folder for a while.
func withFolder(f func(dir string) error) error {
	dir, err := os.MkdirTemp("", "callcast-bench")
	if err != nil {
		return err
	}
	return errors.Join(f(dir), os.RemoveAll(dir))
}

func benchCalls(ctx context.Context, dir string, numbers []int, window time.Duration) error {
	binary, err := buildCallcast(ctx, dir)
	if err != nil {
		return err
	}
	clip, err := makeClip(ctx, dir)
	if err != nil {
		return err
	}
	server, err := startNginx(ctx, dir)
	if err != nil {
		return err
	}
	defer server.stop()

	ours := entrant{name: "callcast", enter: func(dir string, server *nginx) contender {
		return &callcast{binary: binary, dir: dir, server: server}
	}}
	theirs := entrant{name: "ffmpeg", enter: newFFmpeg, processPerCall: true}
	var outcomes []outcome
	for _, n := range numbers {
		var pair [2]outcome
		for i, e := range []entrant{ours, theirs} {
			t := trial{
				entrant: e, calls: n, warmUp: warmUp, window: window, clip: clip, server: server,
				dir: filepath.Join(dir, e.name+strconv.Itoa(n)),
			}
			if pair[i], err = t.run(ctx); err != nil {
				return err
			}
		}
		if err := compare(os.Stdout, pair[0], pair[1]); err != nil {
			return err
		}
		outcomes = append(outcomes, pair[:]...)
	}
	return save(figuresPath, outcomes)
}
