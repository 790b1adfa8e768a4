package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os/signal"
	"syscall"
	"time"

	"callcast/app/config"
	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/engine"
)

// Version is set by the build.
var Version = "dev"

// stopTime is how long an ordered stop may take. What is alive then is cut and named in the log.
const stopTime = 8 * time.Second

// Exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// Main runs the program and returns its exit code. With a window it must run on the main goroutine, and ends the program
// itself.
func Main(args []string, stdout, stderr io.Writer) int {
	o, err := parseFlags(args, stderr)
	switch {
	case errors.Is(err, errHelp):
		return exitOK
	case err != nil:
		return exitUsage
	case o.version:
		_, _ = fmt.Fprintln(stdout, "callcast", Version)
		return exitOK
	}
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: o.logLevel}))
	relaxTimers(log)
	cfg, err := config.Load(o.config)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "callcast:", err)
		return exitUsage
	}
	work := func(main stage) int {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer stop()
		if err := run(ctx, o, cfg, log, stdout, main); err != nil {
			log.Error("stopped", "err", err)
			return exitError
		}
		return exitOK
	}
	if !o.headless {
		onStage(work)
	}
	return work(nil)
}

// run starts everything in order, shows it until ctx ends or the window is closed, and stops it in reverse.
func run(ctx context.Context, o options, cfg gateway.Config, log *slog.Logger, stdout io.Writer, main stage) (err error) {
	var phone *demophone.Phone
	if o.demo {
		if phone, err = startPhone(log); err != nil {
			return err
		}
		defer phone.Close()
	}
	eng, err := engine.New(engine.Params{Config: cfg, Version: Version, Log: log})
	if err != nil {
		return err
	}
	if err := eng.Start(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, inTime(eng.Close)) }()
	server := startREST(eng, cfg.REST, log)
	defer func() { err = errors.Join(err, inTime(server.Close)) }()
	sockets := startWebSDK(eng, cfg, log)
	defer func() { err = errors.Join(err, inTime(sockets.Close)) }()

	form := defaultForm(eng)
	if o.demo {
		if form, err = callPhone(ctx, eng, phone); err != nil {
			return err
		}
	}
	if o.headless {
		showStatus(ctx, eng, stdout)
		return nil
	}
	return main.show(func(leave func()) error { return showWindow(ctx, leave, eng, cfg, form, log) }, log)
}

// inTime stops something and gives up on it after stopTime.
func inTime(stop func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return stop(ctx)
}
