package stream

import (
	"context"
	"io"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
)

// ReaderParams says what a reader takes.
type ReaderParams struct {
	Name string // what it is and where it goes, for logs and tables
	Sink gateway.SinkKind
	// Patience is how long a unit may lie before it is read. A patient reader is woken once for several units, on the
	// beat that others of the same patience share.
	Patience time.Duration
	Audio    []media.Codec // accepted, most preferred first; empty = no audio wanted
	Video    []media.Codec
	InOrder  bool // pictures must come in the order they are shown
}

func (p *ReaderParams) accepted(k media.Kind) []media.Codec {
	if k == media.Video {
		return p.Video
	}
	return p.Audio
}

// Reader is one consumer of a stream.
type Reader struct {
	id     string
	params ReaderParams
	stream *Stream
	wake   chan struct{}
	timer  *time.Timer // of a patient reader
	idle   bool        // Next has found nothing since it last waited

	mu      sync.Mutex // guards what follows
	queue   queue
	shut    bool // video waits for a key unit
	gap     [media.Kinds]bool
	dropped uint64
	ended   bool // no more units will be pushed
	tracks  [media.Kinds]*track
}

func newReader(s *Stream, p ReaderParams) *Reader {
	r := &Reader{params: p, stream: s, wake: make(chan struct{}, 1), idle: true, shut: true}
	if p.Patience > 0 {
		r.timer = time.NewTimer(p.Patience)
	}
	return r
}

// Next waits for the next unit, audio and video in the order they were published. It returns io.EOF once the stream
// or the reader is closed and the backlog is read.
func (r *Reader) Next(ctx context.Context) (*media.Unit, error) {
	for {
		r.mu.Lock()
		u, ended := r.queue.pop(), r.ended
		r.mu.Unlock()
		if u != nil {
			r.idle = false
			return u, nil
		}
		if ended {
			return nil, io.EOF
		}
		if err := r.wait(ctx); err != nil {
			return nil, err
		}
	}
}

// wait returns when there may be something to read: on the next beat for a patient reader that has just read
// something, else when something is published.
func (r *Reader) wait(ctx context.Context) error {
	var beat <-chan time.Time
	wake := r.wake
	if r.params.Patience > 0 && !r.idle {
		r.timer.Reset(clock.Beat(time.Now(), r.params.Patience))
		defer r.timer.Stop()
		beat, wake = r.timer.C, nil
	}
	r.idle = true
	select {
	case <-beat:
	case <-wake:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// Sink describes the reader for a snapshot of the stream.
func (r *Reader) Sink() gateway.Sink {
	r.mu.Lock()
	defer r.mu.Unlock()
	return gateway.Sink{ID: r.id, Kind: r.params.Sink, Target: r.params.Name, Dropped: r.dropped}
}

// Dropped is how many units the reader lost by being slow.
func (r *Reader) Dropped() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropped
}

// Close detaches the reader and drops its backlog. It may be called more than once.
func (r *Reader) Close() {
	r.stream.detach(r)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.queue.clear()
}

// push offers a unit and reports whether the reader needs a key unit from the source to go on.
func (r *Reader) push(u *media.Unit) (needKey bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return false
	}
	if r.queue.full(u) {
		r.dropped += uint64(r.queue.clear())
		r.shut = true
		r.gap = [media.Kinds]bool{true, true}
	}
	kind := u.Kind()
	if kind == media.Video && r.shut {
		if !u.Key {
			if r.gap[media.Video] {
				r.dropped++
			}
			return true
		}
		r.shut = false
	}
	if r.gap[kind] {
		flagged := *u
		flagged.Gap = true
		u, r.gap[kind] = &flagged, false
	}
	r.queue.push(u)
	r.signal()
	return false
}

// prime hands a new reader what came before it, from a key unit on.
func (r *Reader) prime(past []*media.Unit) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || len(past) == 0 {
		return
	}
	for _, u := range past {
		r.queue.push(u)
	}
	r.queue.past, r.shut = r.queue.n, false
	r.signal()
}

// cut notes that another publisher goes on: its pictures cannot be decoded upon those of the one before.
func (r *Reader) cut(kind media.Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gap[kind] = true
	r.shut = r.shut || kind == media.Video
}

// RequestKeyframe asks for a key unit in the reader's video, at most once a second for all who read it.
func (r *Reader) RequestKeyframe() { r.stream.requestKeyFor(r) }

// waitsForKey reports whether video is wanted and shut.
func (r *Reader) waitsForKey() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shut && len(r.params.Video) > 0
}

// end lets Next return io.EOF after the backlog.
func (r *Reader) end() {
	r.mu.Lock()
	r.ended = true
	r.mu.Unlock()
	r.signal()
}

func (r *Reader) signal() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
