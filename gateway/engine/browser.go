package engine

import (
	"context"
	"log/slog"
	"sync"

	"callcast/gateway"
	"callcast/gateway/internal/rtc"
	"callcast/gateway/internal/sink/webrtc"
	sourcewebrtc "callcast/gateway/internal/source/webrtc"
	"callcast/gateway/internal/stream"
)

// browser is one that talks in a call: it sends a stream of its own, which nobody else can ask for, and is sent the
// call's.
type browser struct {
	peer     *rtc.Peer
	speech   *stream.Stream
	replaced chan struct{} // closed when another has its place
	log      *slog.Logger
}

func (e *Engine) newBrowser(callID string, peer *rtc.Peer) *browser {
	return &browser{peer: peer, speech: e.streams.private(callID), replaced: make(chan struct{}), log: e.log}
}

// run lets the browser talk until it leaves, is not reached or is replaced, or ctx ends.
func (b *browser) run(ctx context.Context, id string, call *streamRoom) {
	defer b.close()
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	speaker := sourcewebrtc.New(sourcewebrtc.Params{
		ID: id, Stream: b.speech, Peer: b.peer, ConnectTime: rtc.ConnectTime, Log: b.log,
	})
	listener := webrtc.New(webrtc.Params{
		ID: id, Stream: call.stream, Peer: b.peer, ConnectTime: rtc.ConnectTime, Log: b.log,
	})
	defer call.list(listener.Sink)()
	var both sync.WaitGroup
	defer both.Wait()
	both.Go(func() {
		defer leave()
		contain(b.log, "browser that talks", func() { b.note(speaker.Run(ctx)) })
	})
	both.Go(func() {
		select {
		case <-b.replaced:
			leave()
		case <-ctx.Done():
		}
	})
	defer leave()
	b.note(listener.Run(ctx))
}

func (b *browser) note(end error) { b.log.Debug("browser in a call", "end", end) }

func (b *browser) close() {
	b.peer.Close()
	b.speech.Close()
}

// seat is the place for a browser in a call.
type seat struct {
	life context.Context //nolint:containedctx // of the call's browser
	end  context.CancelFunc

	mu      sync.Mutex // guards what follows
	offered *browser   // nil unless it was made an offer that it has not answered
	talker  *browser   // nil if no browser talks
	closed  bool
	running sync.WaitGroup
}

func newSeat() *seat {
	s := &seat{}
	s.life, s.end = context.WithCancel(context.Background())
	return s
}

// offer keeps a browser until it answers, in place of one that has not.
func (s *seat) offer(b *browser) (kept bool) {
	s.mu.Lock()
	before := s.offered
	if kept = !s.closed; kept {
		s.offered = b
	}
	s.mu.Unlock()
	if before != nil && kept {
		before.close()
	}
	return kept
}

// take hands over the browser that was made an offer, if one was.
func (s *seat) take() *browser {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.offered
	s.offered = nil
	return b
}

// seated is the browser that talks.
func (s *seat) seated() *browser {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.talker
}

// sit makes a browser the one that talks, in place of another if there is one.
func (s *seat) sit(b *browser) (before *browser) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, s.talker = s.talker, b
	return before
}

// serve runs the browser that talks. It reports whether the call is still there to talk in.
func (s *seat) serve(run func(ctx context.Context)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.running.Go(func() { run(s.life) })
	return true
}

// close sends the browser away and returns when it has gone.
func (s *seat) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	if b := s.take(); b != nil {
		b.close()
	}
	s.end()
	s.running.Wait()
}

// talk lets the browser that is seated talk. The call ends with it, unless another takes its place in time.
func (r *callRoom) talk() {
	b := r.seat.seated()
	served := r.seat.serve(func(ctx context.Context) {
		contain(r.log, "browser", func() { b.run(ctx, r.spec.ID, r.stream) })
		if !b.succeeded(ctx, r.keep) {
			r.call.Hangup(gateway.EndBrowser)
		}
	})
	if !served {
		b.close()
	}
}
