package rest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"callcast/gateway"
)

// timeouts keep slow and idle clients from holding connections. Event streams lift them for themselves.
type timeouts struct {
	header, read, write, idle time.Duration

	goodbye time.Duration // what a client may take to read its answer when the server stops
}

func defaultTimeouts() timeouts {
	return timeouts{
		header: 5 * time.Second, read: 15 * time.Second, write: 30 * time.Second, idle: time.Minute, goodbye: 2 * time.Second,
	}
}

const maxHeader = 32 << 10

// Server is the REST interface on a port. It serves once: from Start to Close.
type Server struct {
	log     *slog.Logger
	http    *http.Server
	garbage *garbage
	stop    context.CancelFunc // ends every request's context
	join    sync.WaitGroup     // the serving goroutine
	goodbye time.Duration
}

// New returns a server that does not listen yet.
func New(p Params) *Server { return newServer(p, defaultTimeouts()) }

func newServer(p Params, limits timeouts) *Server {
	requests, stop := context.WithCancel(context.Background())
	unread := &garbage{}
	return &Server{
		log:     p.Log,
		garbage: unread,
		stop:    stop,
		goodbye: limits.goodbye,
		http: &http.Server{
			Handler:           unread.note(Handler(p)),
			ConnContext:       unread.noteConn,
			ReadHeaderTimeout: limits.header,
			ReadTimeout:       limits.read,
			WriteTimeout:      limits.write,
			IdleTimeout:       limits.idle,
			MaxHeaderBytes:    maxHeader,
			BaseContext:       func(net.Listener) context.Context { return requests },
			// What is wrong on a connection is the client's affair.
			ErrorLog: slog.NewLogLogger(p.Log.Handler(), slog.LevelDebug),
		},
	}
}

// Start listens and serves in the background. It returns the address in use.
func (s *Server) Start(cfg gateway.ListenConfig) (net.Addr, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", cfg.Address())
	if err != nil {
		return nil, fmt.Errorf("listen rest: %w", err)
	}
	s.join.Go(func() {
		if err := s.http.Serve(watched{ln, s.garbage}); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("rest server stopped", slog.Any("error", err))
		}
	})
	return ln.Addr(), nil
}

// Refused is how many connections ended without one request that could be read.
func (s *Server) Refused() uint64 { return s.garbage.count.Load() }

// Close ends every request's context, which ends event streams, stops accepting, waits a moment for the requests under way
// to be answered, and joins the server. It cuts clients that say nothing, read nothing or read slowly.
func (s *Server) Close(ctx context.Context) error {
	s.stop()
	ctx, cancel := context.WithTimeout(ctx, s.goodbye)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		s.log.Info("rest clients cut")
		err = s.http.Close()
	}
	s.join.Wait()
	if err != nil {
		return fmt.Errorf("stop rest: %w", err)
	}
	return nil
}
