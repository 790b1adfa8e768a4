package websdk

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"callcast/gateway"
)

// Params is what the WebSocket interface needs.
type Params struct {
	API     gateway.API
	Log     *slog.Logger
	Version string // told to those who come by plain HTTP
}

// limits keep one browser from harming the others.
type limits struct {
	hello      time.Duration // from the connection's first byte to the request, and from there to the first message
	request    time.Duration // what the gateway may take for one
	write      time.Duration // what a browser may take to read one message
	goodbye    time.Duration // what a browser may take to answer that the socket is closed
	ping       time.Duration // between two of them; the clients give up if nothing comes for a while
	missed     int           // pings without a sign of life after which a browser counts as gone
	sockets    int           // at once
	sessions   int           // media sessions of one socket
	calls      int           // of one session
	keep       time.Duration // a session without a socket, if its page wants it kept
	kept       int           // of those sessions
	unreadable int           // messages of one socket
	rate       float64       // messages a second of one socket
	burst      float64       // messages of one socket at once
}

func defaultLimits() limits {
	return limits{
		hello: 10 * time.Second, request: 10 * time.Second, write: 10 * time.Second, goodbye: 2 * time.Second,
		ping: 5 * time.Second, missed: 3,
		sockets: 1000, sessions: 64, calls: 16, keep: time.Minute, kept: 200, unreadable: 100,
		rate: 200, burst: 100,
	}
}

const maxHeader = 32 << 10

// Server is the WebSocket interface, on as many ports as it is started on. All of them share what they know, so that
// a page loaded by HTTP and one loaded by HTTPS see each other's streams. It serves once: from Start to Close.
type Server struct {
	api         gateway.API
	log         *slog.Logger
	version     string
	limits      limits
	verbs       map[string]verb
	registry    *registry
	switchboard *switchboard
	http        *http.Server
	refused     atomic.Uint64
	follow      func()             // starts following the gateway's events, once
	stop        context.CancelFunc // cuts every socket and ends following
	closing     chan struct{}      // closed when the sockets are to say goodbye
	join        sync.WaitGroup     // serving and following
	browsers    sync.WaitGroup     // every socket

	mu     sync.Mutex // guards what follows
	open   int        // sockets
	closed bool
}

// New returns a server that does not listen yet.
func New(p Params) *Server { return newServer(p, defaultLimits()) }

func newServer(p Params, l limits) *Server {
	life, stop := context.WithCancel(context.Background())
	s := &Server{
		api: p.API, log: p.Log, version: p.Version, limits: l,
		verbs: verbs(), registry: newRegistry(l.sessions), switchboard: newSwitchboard(l.calls, l.kept),
		stop: stop, closing: make(chan struct{}),
	}
	s.follow = sync.OnceFunc(func() {
		s.join.Go(func() { s.followEvents(life) })
	})
	s.http = &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(life, w, r) }),
		ConnContext:       noteVisitor,
		ReadHeaderTimeout: l.hello,
		ReadTimeout:       l.hello,
		WriteTimeout:      l.write,
		IdleTimeout:       l.hello,
		MaxHeaderBytes:    maxHeader,
		// What is wrong on a connection is the client's affair.
		ErrorLog: slog.NewLogLogger(p.Log.Handler(), slog.LevelDebug),
	}
	return s
}

// Start listens and serves in the background, behind TLS if secure is given. It returns the address in use.
func (s *Server) Start(cfg gateway.ListenConfig, secure *tls.Config) (net.Addr, error) {
	ln, err := new(net.ListenConfig).Listen(context.Background(), "tcp", cfg.Address())
	if err != nil {
		return nil, fmt.Errorf("listen websdk: %w", err)
	}
	addr := ln.Addr()
	ln = door{ln, &s.refused}
	if secure != nil {
		secure = secure.Clone()
		secure.NextProtos = []string{"http/1.1"} // there is no upgrade from HTTP/2
		ln = tls.NewListener(ln, secure)
	}
	s.follow()
	s.join.Go(func() {
		if err := s.http.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("websdk server stopped", slog.Any("error", err))
		}
	})
	return addr, nil
}

// Refused is how many connections and messages could not be read, were unwanted or too many.
func (s *Server) Refused() uint64 { return s.refused.Load() }

// Close stops accepting, tells every browser that the gateway goes away, ends what they started, and joins the server.
// When ctx ends it cuts those that are still there.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.closing)
	}
	s.mu.Unlock()
	err := s.http.Close()
	cut := context.AfterFunc(ctx, s.stop)
	defer cut()
	s.browsers.Wait()
	s.stop()
	s.join.Wait()
	if err != nil {
		return fmt.Errorf("stop websdk: %w", err)
	}
	return nil
}

// contain keeps a fault from reaching more than the goroutine's present work. It is to be deferred.
func (s *Server) contain(where string) {
	if fault := recover(); fault != nil {
		s.log.Error("panic", slog.String("in", where), slog.Any("panic", fault), slog.String("stack", string(debug.Stack())))
	}
}
