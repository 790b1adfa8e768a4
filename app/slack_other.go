//go:build !linux

package app

import "log/slog"

// relaxTimers does nothing: only Linux lets a program say how exact its timers need to be.
func relaxTimers(*slog.Logger) {}
