package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"callcast/app/config"
	"callcast/gateway"
	"callcast/gateway/demophone"
	"callcast/gateway/engine"
)

// Version is set by the build.
var Version = "dev"

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
	cfg, err := config.Load(o.config)
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "callcast:", err)
		return exitUsage
	}
	told, shown := newOutlet(stderr), newOutlet(stdout)
	log := slog.New(slog.NewTextHandler(told, &slog.HandlerOptions{Level: o.logLevel}))
	relaxTimers(log)
	work := func(main stage) int {
		defer told.Close()
		defer shown.Close()
		signalled, deaf := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
		defer deaf()
		ctx, end := context.WithCancel(signalled)
		defer end()
		over := make(chan struct{})
		defer close(over)
		go insist(ctx, over, patience(o.headless), log, func(code int) {
			told.Close()
			os.Exit(code)
		})
		if err := run(ctx, end, o, cfg, log, shown, main); err != nil {
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

// run starts everything in order, shows it until ctx ends or the window is closed, and stops it. It calls end when that
// begins.
func run(
	ctx context.Context, end func(), o options, cfg gateway.Config, log *slog.Logger, stdout io.Writer, main stage,
) (err error) {
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
	server, sockets := startREST(eng, cfg.REST, log), startWebSDK(eng, cfg, log)
	defer func() {
		end()
		err = errors.Join(err, stop(eng, server, sockets))
	}()

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
	return main.show(ctx, func(leave func()) error { return showWindow(ctx, leave, eng, cfg, form, log) }, log)
}
