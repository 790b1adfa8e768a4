package stream

import (
	"context"
	"fmt"
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

// derivation feeds a derived track: it reads the source track like any sink and publishes what it converts.
type derivation struct {
	source *Reader
	cancel context.CancelFunc
	done   chan struct{}
}

// derive starts a goroutine that converts what source reads and hands it to emit.
func derive(source *Reader, conv Converter, log *slog.Logger, emit func(*media.Unit)) *derivation {
	ctx, cancel := context.WithCancel(context.Background())
	d := &derivation{source: source, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(d.done)
		defer conv.Close()
		if err := d.run(ctx, conv, emit); err != nil {
			log.Error("conversion ended", "err", err)
		}
	}()
	return d
}

func (d *derivation) run(ctx context.Context, conv Converter, emit func(*media.Unit)) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	for {
		u, err := d.source.Next(ctx)
		if err != nil {
			return nil // closed, or nobody needs it any more
		}
		out, err := conv.Convert(u)
		if err != nil {
			return err
		}
		for _, u := range out {
			emit(u)
		}
	}
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
