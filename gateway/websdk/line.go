package websdk

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"callcast/gateway"
)

const maxTasks = 32 // that wait for one call

// line is one call of a phone. Its goroutine asks the gateway one thing after the other, so that a remote party that
// takes its time holds up no other call, and hangs up in the end, unless the call is over.
type line struct {
	id    string
	phone *phone
	asked time.Time // zero if the call came in
	tasks chan task
	quit  context.CancelFunc // what waits is given up

	// The switchboard's lock guards what follows.
	call         gateway.Call       // as the gateway told last, or as it was asked for
	known        bool               // the gateway told of it
	live         bool               // the gateway has it, and it is ours to end
	open         bool               // the browser has its session description, and may be told more
	offer        string             // of a call that came in
	answer       string             // that no browser was there for
	taking       bool               // the browser wants to take it
	returns      bool               // it was offered to another page than the one that talked in it
	told         gateway.CallStatus // what the browser knows
	hold         *bool              // what the browser asked for and was not told yet
	consults     bool               // it is held while the party of another call is asked whether it takes this one
	transferring bool
	hungUp       bool // by the browser
	over         bool // the browser knows, or need not
}

// task is one thing to ask of the gateway for a call.
type task struct {
	name string // of the message that wants it
	do   func(ctx context.Context) error
}

func newLine(p *phone, call gateway.Call, quit context.CancelFunc) *line {
	return &line{id: call.ID, phone: p, call: call, tasks: make(chan task, maxTasks), quit: quit}
}

// serveLine begins a call and does what is asked for it, until it ends or ctx does.
func (s *Server) serveLine(ctx context.Context, c *line, begin func(ctx context.Context) bool) {
	defer s.hangUp(ctx, c)
	defer s.contain("websdk call")
	if !begin(ctx) {
		return
	}
	for {
		select {
		case <-ctx.Done():
			return
		case t := <-c.tasks:
			s.perform(ctx, c, t)
		}
	}
}

func (s *Server) perform(ctx context.Context, c *line, t task) {
	limited, done := context.WithTimeout(ctx, s.limits.request)
	defer done()
	if err := t.do(limited); err != nil && ctx.Err() == nil {
		s.log.Info("browser's request refused", slog.String("message", t.name), slog.String("id", c.id), slog.Any("error", err))
		s.switchboard.warn(c, t.name, err)
	}
}

// hangUp ends the call unless it has ended. That is told by an event, except for a call that the gateway does not know.
func (s *Server) hangUp(ctx context.Context, c *line) {
	defer s.contain("websdk hangup")
	if s.switchboard.alive(c) {
		ctx, done := context.WithTimeout(context.WithoutCancel(ctx), s.limits.request)
		defer done()
		err := s.api.EndCall(ctx, c.id)
		if err == nil {
			return
		}
		s.log.Debug("call had ended", slog.String("id", c.id), slog.Any("error", err))
	}
	s.switchboard.gone(c)
}

var (
	errNoCall  = errors.New("the session has no such call")
	errTooMuch = errors.New("too many requests wait for this call: wait until it has answered")
)

// request has something done for a call of this session, after what was asked for before.
func (k *socket) request(id, name string, do func(ctx context.Context, c *line) error) error {
	c := k.server.switchboard.find(k.phone, id)
	if c == nil {
		return errNoCall
	}
	select {
	case c.tasks <- task{name, func(ctx context.Context) error { return do(ctx, c) }}:
		return nil
	default:
		return errTooMuch
	}
}
