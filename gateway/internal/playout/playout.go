package playout

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/codec/voice"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

const (
	patience = 20 * time.Millisecond // of reading: those who send look as often

	// audible is how long the sound leads after it was last heard, and mayLag how far pictures may be behind it and be
	// waited for.
	audible = time.Second
	mayLag  = 500 * time.Millisecond
)

// Params says what is played.
type Params struct {
	Stream *stream.Stream
	Name   string      // where it goes, for the stream's table of readers
	Audio  media.Codec // the only one that is taken; empty: no audio
	Video  media.Codec // likewise, in the order it is shown
	Live   bool        // somebody talks: it waits as little as it can
}

// Playout plays one stream.
type Playout struct {
	params Params

	mu       sync.Mutex // guards what follows
	joined   time.Time  // when Run began to read
	anchor   anchor
	sound    line   // of a codec that may be cut anywhere
	frames   frames // of any other
	pictures reel
	heard    time.Time // when sound last came
	reader   *stream.Reader
	spoken   time.Time // up to when Sound was asked for
}

// New makes a playout that does not run yet.
func New(p Params) *Playout {
	if p.Live {
		return &Playout{params: p, anchor: anchor{waits: live()}}
	}
	return &Playout{params: p, anchor: anchor{waits: easy()}}
}

// Run reads the stream until it ends (nil) or ctx does.
func (p *Playout) Run(ctx context.Context) error {
	joined := time.Now()
	r := p.params.Stream.Attach(p.readerParams())
	defer r.Close()
	p.mu.Lock()
	p.joined, p.reader = joined, r
	p.mu.Unlock()
	for {
		u, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if p.take(u, time.Now()) {
			p.RequestKeyframe()
		}
	}
}

func (p *Playout) readerParams() stream.ReaderParams {
	params := stream.ReaderParams{Name: p.params.Name, Sink: gateway.SinkCall, InOrder: true}
	if !p.params.Live {
		params.Patience = patience
	}
	if p.params.Audio != "" {
		params.Audio = []media.Codec{p.params.Audio}
	}
	if p.params.Video != "" {
		params.Video = []media.Codec{p.params.Video}
	}
	return params
}

// take keeps a unit until it is due, and reports whether a key picture is needed.
func (p *Playout) take(u *media.Unit, now time.Time) (needKey bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.Kind() == media.Audio {
		p.hear(u, now)
		return false
	}
	if u.Format.Codec != p.params.Video {
		return false // the stream changed its codec under the reader; what it takes comes next
	}
	if !p.anchor.set() {
		p.begin(u, now)
	} else if p.leads(u, now) {
		p.arrived(u, now)
	}
	return p.pictures.put(u)
}

// hear keeps sound. Silence that the gateway made up comes late by design: it tells nothing about time.
func (p *Playout) hear(u *media.Unit, now time.Time) {
	if u.Format.Codec != p.params.Audio {
		return // as with pictures
	}
	switch {
	case !u.Fill && (!p.anchor.set() || p.params.Live && p.heard.IsZero()):
		p.begin(u, now)
	case !u.Fill:
		p.arrived(u, now)
	case !p.anchor.set():
		return
	}
	if !u.Fill {
		p.heard = now
	}
	if voice.Divisible(u.Format.Codec) {
		p.sound.put(u.PTS, u.Payload)
	} else {
		p.frames.put(u)
	}
}

// leads reports whether a picture's time counts: not if the stream had kept it for its next reader, and beside sound only if
// they are nearly in step, or each would move the other away. Talk does not wait for pictures at all.
func (p *Playout) leads(u *media.Unit, now time.Time) bool {
	if !u.Arrived.IsZero() && u.Arrived.Before(p.joined) {
		return false
	}
	off, silent := p.anchor.at(u.PTS).Sub(now), now.Sub(p.heard) > audible
	if p.params.Live {
		return silent
	}
	return silent || off > -mayLag && off < beyond
}

// begin ties the clocks by the first unit: by when it came, for it may have been kept since.
func (p *Playout) begin(u *media.Unit, now time.Time) {
	came := now
	if !u.Arrived.IsZero() {
		came = u.Arrived
	}
	p.anchor.tie(u.PTS, came.Add(p.anchor.delay), now)
}

func (p *Playout) arrived(u *media.Unit, now time.Time) {
	leaves := now
	if u.Kind() == media.Audio && p.spoken.After(now) {
		leaves = p.spoken // what comes before is on its way already
	}
	if p.anchor.arrived(u.PTS, now, leaves) {
		p.sound.clear()
		p.frames.clear()
	}
}

// Sound writes what is to sound from a moment on into dst, where there is something, and reports whether there is. dst
// is coded by codec, which may be cut anywhere; there is nothing in another than the playout's.
func (p *Playout) Sound(dst []byte, codec media.Codec, at time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if codec != p.params.Audio || !p.anchor.set() {
		return false
	}
	p.spoken = at.Add(clock.Duration(int64(len(dst)), rate))
	return p.sound.read(dst, clock.Ticks(p.anchor.time(at), rate))
}

// Frame takes the frame that is to sound from a moment on, in a codec that comes in frames; nil if there is none. A frame
// is as near to its moment as the others allow.
func (p *Playout) Frame(codec media.Codec, at time.Time) *media.Unit {
	p.mu.Lock()
	defer p.mu.Unlock()
	if codec != p.params.Audio || !p.anchor.set() {
		return nil
	}
	u := p.frames.take(p.anchor.time(at))
	if u != nil {
		p.spoken = at.Add(u.Duration)
	}
	return u
}

// Picture takes the next picture that is due, with the moment it was due at. While none is, it tells when one will be; the
// zero time if none waits.
func (p *Playout) Picture(now time.Time) (u *media.Unit, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	u = p.pictures.first()
	if u == nil {
		return nil, time.Time{}
	}
	if at = p.anchor.at(u.PTS); at.After(now) {
		return nil, at
	}
	p.pictures.drop()
	return u, at
}

// AwaitKey lets no picture through before the next key picture, and asks for one.
func (p *Playout) AwaitKey() {
	p.mu.Lock()
	p.pictures.close()
	p.mu.Unlock()
	p.RequestKeyframe()
}

// RequestKeyframe asks whoever makes the stream's pictures for a key picture.
func (p *Playout) RequestKeyframe() {
	p.mu.Lock()
	r := p.reader
	p.mu.Unlock()
	if r != nil {
		r.RequestKeyframe()
	}
}
