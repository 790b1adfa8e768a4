package sipua

import (
	"context"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// Params is what an Agent is made of.
type Params struct {
	Host           string          // address to bind; empty = every address
	Port           int             // 0 = any port that is free for both UDP and TCP
	PublicIP       string          // address to name in Via, Contact and SDP; empty = ours on the route to the peer
	RegisterExpiry time.Duration   // asked for in REGISTER
	SessionExpires time.Duration   // after which a call that was not refreshed ends, as we ask for it; 0 = half an hour
	MinSE          time.Duration   // the briefest such time we agree to; 0 = 90 s
	NoReliable     bool            // never ask for, nor give, reliable provisional responses (RFC 3262)
	OnInvite       func(*Incoming) // told each call to us, in a goroutine of its own; nil = calls are refused
	Roots          *x509.CertPool  // authorities of TLS servers; nil = those the system trusts
	STUN           string          // host[:port] of a server that tells the public address; empty = none
	// OnPublic is told what the STUN server said each time it was asked.
	OnPublic  func(netip.AddrPort, error)
	Resolver  Resolver // nil = the system's
	UserAgent string
	Trace     Tracer // nil = nobody looks at the messages
	Log       *slog.Logger
}

// Agent is a SIP user agent on one port.
type Agent struct {
	params Params
	public netip.Addr // zero if not configured
	log    *slog.Logger
	timing timing

	directory *directory
	silent    *silent
	nat       *nat
	mirror    *mirror

	udp       *datagrams
	tcp       *streams
	tls       *streams
	transport *sip.TransportLayer
	tx        *sip.TransactionLayer
	strangers *bucket
	stats     counters

	life  context.Context //nolint:containedctx // the root of what the agent does; ends when Close begins
	end   context.CancelFunc
	cut   chan struct{}  // closed when Close waits no longer for answers
	tasks sync.WaitGroup // every goroutine of the agent but the listeners, and the handlers that sipgo runs
	serve sync.WaitGroup // the listeners

	mu            sync.Mutex // guards what follows
	closed        bool       // no new dialogs and registrations
	sealed        bool       // no new tasks of any kind
	dialogs       map[dialogKey]*Dialog
	registrations map[gateway.Account]*registration // by bindingOf
	arriving      map[arrival]bool                  // INVITEs that are being answered
}

type counters struct {
	garbage atomic.Uint64
	refused atomic.Uint64
}

// Stats counts what the agent did not want. It only grows.
type Stats struct {
	Garbage uint64 // datagrams and connections that did not hold SIP
	Refused uint64 // requests of strangers that were refused or ignored
}

var errClosed = errors.New("sip user agent is closed")

// New makes an agent that Start will put on the network.
func New(p Params) (*Agent, error) {
	if p.Resolver == nil {
		p.Resolver = net.DefaultResolver
	}
	a := &Agent{
		params:        p,
		log:           p.Log,
		timing:        defaultTiming(),
		strangers:     newBucket(strangerRate, strangerBurst),
		cut:           make(chan struct{}),
		dialogs:       make(map[dialogKey]*Dialog),
		registrations: make(map[gateway.Account]*registration),
		arriving:      make(map[arrival]bool),
	}
	if p.PublicIP != "" {
		ip, err := netip.ParseAddr(p.PublicIP)
		if err != nil {
			return nil, err
		}
		a.public = ip
	}
	a.directory, a.silent, a.nat = newDirectory(), newSilent(), newNAT(a.public.IsValid())
	a.mirror = newMirror(a, p.STUN)
	a.life, a.end = context.WithCancel(context.Background())
	configureLibrary()
	return a, nil
}

// configureLibrary sets what sipgo keeps in package variables, once for the process.
//
// An INVITE that offers audio and video is larger than the 1300 bytes after which sipgo refuses to use UDP. RFC 3261
// section 18.1.1 would have it moved to TCP, which many peers do not listen on, while IP fragments do arrive.
//
// sipgo's default logger gets only its connection counting, which warns of nothing on every close.
var configureLibrary = sync.OnceFunc(func() {
	sip.UDPMTUSize = maxMessage
	sip.SetDefaultLogger(slog.New(slog.DiscardHandler))
})

// maxMessage is the size of the largest SIP message taken or sent, headers and body.
const maxMessage = 65535

// Start binds UDP and TCP on the same port and serves them until Close.
func (a *Agent) Start() error {
	udp, tcp, err := bind(a.life, a.params.Host, a.params.Port)
	if err != nil {
		return err
	}
	parser := newParser()
	a.udp = newDatagrams(udp, parser, &a.stats.garbage, a.mirror.take)
	a.tcp = newStreams(tcp, tcp.Addr(), parser, &a.stats.garbage, a.timing.message)
	a.tls = newStreams(nil, tcp.Addr(), parser, &a.stats.garbage, 0)
	a.trace()
	log := slog.New(quietHandler{a.log.Handler()})
	a.transport = sip.NewTransportLayer(net.DefaultResolver, parser, nil,
		sip.WithTransportLayerLogger(log),
		sip.WithTransportLayerTransports(sip.TransportsConfig{
			TCP: a.streamTransport(),
			TLS: &sip.TransportTLS{TransportTCP: a.streamTransport()},
		}))
	a.tx = sip.NewTransactionLayer(a.transport,
		sip.WithTransactionLayerLogger(log),
		sip.WithTransactionLayerTerminateOnConnClose(),
		sip.WithTransactionLayerUnhandledResponseHandler(func(*sip.Response) {}))
	a.tx.OnRequest(a.handle)
	a.serve.Go(func() { a.listen("udp", func() error { return a.transport.ServeUDP(a.udp) }) })
	a.serve.Go(func() { a.listen("tcp", func() error { return a.transport.ServeTCP(a.tcp) }) })
	a.serve.Go(func() { a.listen("tls", func() error { return a.transport.ServeTLS(a.tls) }) })
	<-a.udp.serving
	<-a.tcp.serving
	<-a.tls.serving
	if a.params.STUN != "" {
		a.spawn(a.mirror.run)
	}
	return nil
}

var errNoConnection = errors.New("the connection is closed")

// streamTransport is TCP as sipgo knows it. It is not to open connections: reach does.
func (a *Agent) streamTransport() *sip.TransportTCP {
	return &sip.TransportTCP{
		WriteTimeout: a.timing.dial,
		DialerCreate: func(net.Addr) net.Dialer {
			return net.Dialer{Control: func(string, string, syscall.RawConn) error { return errNoConnection }}
		},
	}
}

func (a *Agent) listen(network string, serve func() error) {
	if err := serve(); a.life.Err() == nil {
		a.log.Error("sip listener stopped", "network", network, "error", err)
	}
}

// Addr is the address the agent listens on.
func (a *Agent) Addr() netip.AddrPort {
	return a.udp.LocalAddr().(*net.UDPAddr).AddrPort()
}

// Stats returns the counters.
func (a *Agent) Stats() Stats {
	return Stats{Garbage: a.stats.garbage.Load(), Refused: a.stats.refused.Load()}
}

// Close hangs up what is up, takes back every registration, all in parallel, and closes the port. What is not done
// when ctx ends is cut. It returns after every goroutine of the agent.
func (a *Agent) Close(ctx context.Context) error {
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return nil
	}
	a.closed = true
	a.end()
	var waits []<-chan struct{}
	var dialogs []*Dialog
	for _, d := range a.dialogs {
		dialogs = append(dialogs, d)
		waits = append(waits, d.done)
	}
	for _, r := range a.registrations {
		waits = append(waits, r.done)
	}
	a.mu.Unlock()

	for _, d := range dialogs {
		d.Hangup("the gateway is stopping")
	}
	err := waitAll(ctx, waits)
	a.mu.Lock()
	a.sealed = true
	a.mu.Unlock()
	close(a.cut)
	if a.tx == nil { // never started
		a.tasks.Wait()
		return err
	}
	a.tx.Close()
	a.tasks.Wait()          // what they sent when the transport is closed would make sipgo open another socket, and leave it open
	_ = a.transport.Close() // complains of connections that closed meanwhile
	err = errors.Join(err, a.tcp.Close(), a.tls.Close(), a.udp.Close())
	a.serve.Wait()
	time.AfterFunc(lastWords, func() { _ = a.transport.Close() })
	return err
}

// lastWords is how long a request that had been read before Close may still be looked at. The library opens a socket of its
// own for each, now that ours is closed, and tells nobody.
const lastWords = 200 * time.Millisecond

func waitAll(ctx context.Context, waits []<-chan struct{}) error {
	for _, done := range waits {
		select {
		case <-done:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// spawn runs f in a goroutine that Close joins. It reports false if the agent is past taking tasks.
func (a *Agent) spawn(f func()) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sealed {
		return false
	}
	a.tasks.Go(f)
	return true
}

// enter runs f in the calling goroutine, with the same promises as spawn.
func (a *Agent) enter(f func()) bool {
	a.mu.Lock()
	if a.sealed {
		a.mu.Unlock()
		return false
	}
	a.tasks.Add(1)
	a.mu.Unlock()
	defer a.tasks.Done()
	defer a.contain("sip handler")
	f()
	return true
}

// contain keeps a panic to the one message or dialog that caused it.
func (a *Agent) contain(where string) {
	if p := recover(); p != nil {
		a.log.Error("panic", "in", where, "panic", p, "stack", string(debug.Stack()))
	}
}
