package rtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// loggers gives pion's parts a logger. What goes wrong with one browser is that browser's affair, so nothing of it is
// louder than debug.
type loggers struct{ log *slog.Logger }

var _ logging.LoggerFactory = loggers{}

func (l loggers) NewLogger(scope string) logging.LeveledLogger {
	return logger{l.log.With("part", scope)}
}

type logger struct{ log *slog.Logger }

func (l logger) say(format string, args ...any) {
	if l.log.Enabled(context.Background(), slog.LevelDebug) {
		l.log.Debug("pion", "says", fmt.Sprintf(format, args...))
	}
}

// Trace and Debug speak of every packet: too much for any log.

func (logger) Trace(string)                {}
func (logger) Tracef(string, ...any)       {}
func (logger) Debug(string)                {}
func (logger) Debugf(string, ...any)       {}
func (l logger) Info(text string)          { l.say("%s", text) }
func (l logger) Infof(f string, a ...any)  { l.say(f, a...) }
func (l logger) Warn(text string)          { l.say("%s", text) }
func (l logger) Warnf(f string, a ...any)  { l.say(f, a...) }
func (l logger) Error(text string)         { l.say("%s", text) }
func (l logger) Errorf(f string, a ...any) { l.say(f, a...) }
