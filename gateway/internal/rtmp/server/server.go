package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"callcast/gateway/internal/rtmp"
	"callcast/gateway/internal/stream"
)

// Hub is where streams come from and go to. Its errors are told to the client as they are.
type Hub interface {
	// Publish gives a publisher the stream that it becomes. release is called once, when it is gone.
	Publish(app, name string, remote netip.AddrPort) (s *stream.Stream, release func(), err error)
	// Play finds the stream that a player wants.
	Play(app, name string) (*stream.Stream, error)
}

// Limits bounds what clients may take. A zero field has its default.
type Limits struct {
	Connections int           // at a time
	Idle        time.Duration // how long a publisher may send nothing
	Timeouts    rtmp.Timeouts
}

func (l Limits) normal() Limits {
	if l.Connections <= 0 {
		l.Connections = 256
	}
	if l.Idle <= 0 {
		l.Idle = 30 * time.Second
	}
	return l
}

// Params configures a server.
type Params struct {
	Hub    Hub
	Limits Limits
	Log    *slog.Logger
}

// Stats counts connections since the start.
type Stats struct {
	Publishers uint64 // that were let in
	Players    uint64
	Refused    uint64 // by the hub
	TooMany    uint64 // cut unheard
	Garbage    uint64 // spoke no RTMP, or asked for nothing in time
}

// Server is an RTMP server. Start or Serve is called once; all methods are safe for concurrent use.
type Server struct {
	params Params
	ctx    context.Context //nolint:containedctx // the root of every connection; Close ends it
	cancel context.CancelFunc
	conns  sync.WaitGroup

	publishers, players, refused, tooMany, garbage atomic.Uint64

	mu       sync.Mutex // guards what follows
	listener net.Listener
	open     int
	closed   bool
}

// New makes a server that does not listen yet.
func New(p Params) *Server {
	p.Limits = p.Limits.normal()
	ctx, cancel := context.WithCancel(context.Background())
	return &Server{params: p, ctx: ctx, cancel: cancel}
}

// Start listens on a TCP address and serves until Close.
func (s *Server) Start(ctx context.Context, address string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listen for rtmp: %w", err)
	}
	if !s.adopt(l) {
		return errors.Join(rtmp.ErrClosed, l.Close())
	}
	go s.accept(l)
	return nil
}

// Serve serves the connections of a listener, which it closes, until Close.
func (s *Server) Serve(l net.Listener) error {
	if !s.adopt(l) {
		return errors.Join(rtmp.ErrClosed, l.Close())
	}
	s.accept(l)
	return nil
}

// adopt takes a listener over; the accepting goroutine counts among those that Close waits for.
func (s *Server) adopt(l net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listener = l
	s.conns.Add(1)
	return true
}

// Addr is where the server listens, nil before it does.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Stats tells what has come.
func (s *Server) Stats() Stats {
	return Stats{
		Publishers: s.publishers.Load(), Players: s.players.Load(), Refused: s.refused.Load(),
		TooMany: s.tooMany.Load(), Garbage: s.garbage.Load(),
	}
}

// Close stops listening, cuts every connection and waits until all are gone, or ctx ends.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	l := s.listener
	s.mu.Unlock()
	var err error
	if l != nil {
		if err = l.Close(); errors.Is(err, net.ErrClosed) {
			err = nil
		}
	}
	s.cancel()
	gone := make(chan struct{})
	go func() {
		s.conns.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return err
	case <-ctx.Done():
		return errors.Join(err, context.Cause(ctx))
	}
}

// acceptPause keeps a lack of file descriptors from spinning.
const acceptPause = 100 * time.Millisecond

func (s *Server) accept(l net.Listener) {
	defer s.conns.Done()
	defer l.Close()
	for {
		nc, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			s.params.Log.Warn("rtmp accept", "err", err)
			select {
			case <-time.After(acceptPause):
			case <-s.ctx.Done():
				return
			}
		case !s.enter():
			s.tooMany.Add(1)
			nc.Close()
		default:
			go func() {
				defer s.leave()
				s.serve(nc)
			}()
		}
	}
}

// enter lets a connection in if there is room.
func (s *Server) enter() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open == s.params.Limits.Connections {
		return false
	}
	s.open++
	s.conns.Add(1)
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	s.conns.Done()
}
