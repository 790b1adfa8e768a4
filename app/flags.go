package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
)

// options is what the command line says.
type options struct {
	headless bool
	demo     bool
	version  bool
	config   string
	logLevel slog.Level
}

// Why the program does not run. What there is to say has been printed.
var (
	errHelp  = errors.New("help was asked for")
	errUsage = errors.New("usage")
)

func parseFlags(args []string, out io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("callcast", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.BoolVar(&o.headless, "headless", false, "run without a window and print a status table")
	flags.BoolVar(&o.demo, "demo", false, "start a built-in phone, call it and put the call on air")
	flags.BoolVar(&o.version, "version", false, "print the version and exit")
	flags.StringVar(&o.config, "config", "", "configuration `file` (default: callcast/callcast.yaml in the user's configuration directory)")
	flags.TextVar(&o.logLevel, "log-level", slog.LevelInfo, "least `level` that is logged: debug, info, warn, error")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, errHelp
	case err != nil:
		return o, errUsage
	}
	if flags.NArg() > 0 {
		_, _ = fmt.Fprintf(out, "callcast: unknown argument %q: options start with --, see callcast --help\n", flags.Arg(0))
		return o, errUsage
	}
	return o, nil
}
