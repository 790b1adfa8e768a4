package engine

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/rtc"
)

// maxSessions bounds the browsers served at once.
const maxSessions = 1000

// sessions is the registry of browsers that play and publish.
type sessions struct {
	engine  *Engine
	refused atomic.Uint64 // offers that could not be answered

	mu      sync.Mutex    // guards what follows
	port    *rtc.Endpoint // nil while there is none
	stopped bool
	byID    map[string]*session
	running sync.WaitGroup
}

// session is one browser that plays or publishes.
type session struct {
	life   context.Context //nolint:containedctx // of this browser alone
	stop   context.CancelCauseFunc
	engine *Engine

	mu    sync.Mutex // guards what follows
	state gateway.MediaSession
	count func(*gateway.MediaSession) // fills in the figures; nil until there are any
	over  bool                        // its end was told

	running atomic.Bool // it has been told of
}

// ending is why a session's context ends: somebody wanted it.
type ending struct{ why gateway.MediaInfo }

func (e ending) Error() string { return string(e.why) }

func newSessions(e *Engine) *sessions {
	return &sessions{engine: e, byID: map[string]*session{}}
}

// EndMediaSession ends what a browser plays or publishes.
func (e *Engine) EndMediaSession(_ context.Context, id string, why gateway.MediaInfo) error {
	v := e.sessions
	v.mu.Lock()
	defer v.mu.Unlock()
	s := v.byID[id]
	if s == nil {
		return &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonSessionMissing, Field: "mediaSessionId", Value: id,
			Message: fmt.Sprintf("mediaSessionId %q: not found; it has ended.", id),
		}
	}
	s.stop(ending{why})
	return nil
}

// admit takes a browser in. It leaves with abandon, or with the end of run.
func (v *sessions) admit(m gateway.MediaSession) (*session, *rtc.Endpoint, error) {
	if m.ID == "" {
		m.ID = rand.Text()
	}
	if err := checkName("mediaSessionId", m.ID); err != nil {
		return nil, nil, err
	}
	m.Status, m.Created = gateway.MediaPending, time.Now()
	v.mu.Lock()
	defer v.mu.Unlock()
	refused := gateway.Error{Code: gateway.CodeUnavailable, Field: "mediaSessionId", Value: m.ID}
	switch {
	case v.stopped:
		refused.Reason, refused.Message = gateway.ReasonStopping, "The gateway is stopping."
	case v.port == nil:
		refused.Reason, refused.Message = gateway.ReasonPortTaken, "The port for browsers is taken: free it or change webrtc_port."
	case len(v.byID) >= maxSessions:
		refused.Reason, refused.Message = gateway.ReasonTooMany, fmt.Sprintf("%d browsers are connected, which is the limit: end some of them.", maxSessions)
	case v.byID[m.ID] != nil:
		refused.Code, refused.Reason = gateway.CodeConflict, gateway.ReasonSessionExists
		refused.Message = fmt.Sprintf("mediaSessionId %q: %s; choose another.", m.ID, gateway.InfoIDInUse)
	default:
		life, stop := context.WithCancelCause(v.engine.life)
		s := &session{life: life, stop: stop, engine: v.engine, state: m}
		v.byID[m.ID] = s
		v.running.Add(1)
		return s, v.port, nil
	}
	return nil, nil, &refused
}

// abandon takes back a session that came to nothing.
func (v *sessions) abandon(s *session) { v.leave(s, func() {}) }

// leave tells the end of a session and frees its id: whoever is told finds it free.
func (v *sessions) leave(s *session, tell func()) {
	s.stop(nil)
	v.mu.Lock()
	defer v.mu.Unlock()
	tell()
	delete(v.byID, s.state.ID)
	v.running.Done()
}

// run runs a session to its end and tells about it. A fault of one browser is kept from the others.
func (v *sessions) run(s *session, serve func(context.Context) error) {
	err := errFault
	defer func() {
		if p := recover(); p != nil {
			v.engine.log.Error("panic", "in", "media session", "id", s.state.ID, "panic", p, "stack", string(debug.Stack()))
		}
		v.leave(s, func() { s.end(err) })
	}()
	s.running.Store(true)
	s.publish()
	err = serve(s.life)
}

var errFault = errors.New("a fault of the gateway")

// connected notes that media can flow.
func (s *session) connected() {
	s.mu.Lock()
	s.state.Status = gateway.MediaPlaying
	if s.state.Published {
		s.state.Status = gateway.MediaPublishing
	}
	s.mu.Unlock()
	s.publish()
}

// publish tells the session's present value, unless its end was told.
func (s *session) publish() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	if s.count != nil {
		s.count(&s.state)
	}
	s.engine.bus.SetSession(s.state)
}

// end tells how the session ended, and that it is gone.
func (s *session) end(err error) {
	s.mu.Lock()
	s.state.Status, s.state.Info = outcome(err, s.state.Published)
	ended := s.state
	s.mu.Unlock()
	s.publish()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = true
	s.engine.bus.Remove(gateway.EventSession, ended.ID)
	s.engine.log.Info("media session ended", "id", ended.ID, "stream", ended.Stream, "status", ended.Status, "info", ended.Info)
}

// publishAll tells the present figures of every session.
func (v *sessions) publishAll() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, s := range v.byID {
		if s.running.Load() {
			s.publish()
		}
	}
}

// serve lets browsers in through a port.
func (v *sessions) serve(port *rtc.Endpoint) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.port = port
}

// close ends every session, then the port. It does not wait for sessions any more when ctx ends, and tells those that were
// left.
func (v *sessions) close(ctx context.Context) error {
	v.mu.Lock()
	port := v.port
	v.stopped, v.port = true, nil
	for _, s := range v.byID {
		s.stop(ending{gateway.InfoByDisconnect})
	}
	v.mu.Unlock()
	left := joined(ctx, "media session", &v.running, func() []string {
		v.mu.Lock()
		defer v.mu.Unlock()
		return slices.Collect(maps.Keys(v.byID))
	})
	if port == nil {
		return left
	}
	return errors.Join(left, port.Close())
}
