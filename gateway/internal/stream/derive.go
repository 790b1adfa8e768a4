package stream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"callcast/gateway/internal/media"
)

// Deriver makes converters between codecs.
type Deriver interface {
	// Can reports whether Derive would succeed.
	Can(from, to media.Codec) bool
	Derive(from, to media.Codec) (Converter, error)
}

// Converter turns units of one codec into units of another. One goroutine uses it.
type Converter interface {
	// Convert returns the units that became complete with u, which may be none.
	Convert(u *media.Unit) ([]*media.Unit, error)
	// Patience is how long input may lie before it is converted, so that more of it is converted at once.
	Patience() time.Duration
	Close()
}

// keyMaker is a Converter that can make a key unit of its own accord.
type keyMaker interface {
	// RequestKeyframe makes the next unit a key unit. It does not block.
	RequestKeyframe()
}

// drainer is a Converter that holds back some of what it was given.
type drainer interface {
	// Drain returns that. Nothing is converted afterwards.
	Drain() ([]*media.Unit, error)
}

// derivation feeds a derived track: it reads the source track like any sink and publishes what it converts.
type derivation struct {
	source *Reader
	why    string
	conv   Converter
	asked  time.Time // when it was last asked for a key unit; guarded by the stream
	load   load
	cancel context.CancelFunc
	done   chan struct{}
}

// derive starts a goroutine that converts what source reads and hands it to emit.
func derive(source *Reader, conv Converter, why string, log *slog.Logger, emit func(*media.Unit)) *derivation {
	ctx, cancel := context.WithCancel(context.Background())
	d := &derivation{source: source, why: why, conv: conv, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		defer conv.Close()
		if err := d.run(ctx, log, emit); err != nil {
			log.Error("conversion ended", "err", err)
		}
	}()
	return d
}

// run converts until the stream or ctx ends. What cannot be converted is left out: what comes later may do.
func (d *derivation) run(ctx context.Context, log *slog.Logger, emit func(*media.Unit)) (err error) {
	failing := false
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	for {
		u, err := d.source.Next(ctx)
		if errors.Is(err, io.EOF) {
			return d.drain(emit)
		}
		if err != nil {
			return nil
		}
		began := time.Now()
		out, err := d.conv.Convert(u)
		d.load.add(began, time.Since(began))
		if err != nil && !failing {
			log.Warn("cannot be converted", "err", err)
		}
		failing = err != nil
		for _, u := range out {
			emit(u)
		}
	}
}

// drain hands on what the converter holds back.
func (d *derivation) drain(emit func(*media.Unit)) error {
	conv, ok := d.conv.(drainer)
	if !ok {
		return nil
	}
	out, err := conv.Drain()
	for _, u := range out {
		emit(u)
	}
	return err
}

// wantKey asks for a key unit, at most once a keyInterval, and reports whether the converter makes its own.
func (d *derivation) wantKey() bool {
	maker, ok := d.conv.(keyMaker)
	if ok && time.Since(d.asked) >= keyInterval {
		d.asked = time.Now()
		maker.RequestKeyframe()
	}
	return ok
}

// stop ends the goroutine. It does not wait: the caller may hold the lock that emit needs.
func (d *derivation) stop() { d.cancel() }

// ended reports whether the goroutine is gone.
func (d *derivation) ended() bool {
	select {
	case <-d.done:
		return true
	default:
		return false
	}
}
