package engine

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/bus"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/ladder"
	"callcast/gateway/internal/rtmp/server"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sipua"
	"callcast/gateway/internal/source/device"
)

const (
	statsEvery = time.Second      // how often streams are published
	portRest   = 10 * time.Second // how long a closed RTP port is not used again
	cutTime    = time.Second      // what it may take to cut what did not end in time
)

// Params configures an engine.
type Params struct {
	Config  gateway.Config
	Version string
	Log     *slog.Logger
}

// Engine is the gateway.
type Engine struct {
	params   Params
	config   gateway.Config
	log      *slog.Logger
	bus      bus.Bus
	agent    *sipua.Agent
	ladder   *ladder.Recorder
	devices  device.Opener
	ports    *rtpio.Pool
	rtmp     *server.Server
	streams  *streams
	calls    *calls
	sessions *sessions
	pushes   *pushes
	pulls    *pulls

	registrations *registrations
	targets       targets
	callsRefused  atomic.Uint64 // that came in
	portsUntold   atomic.Bool   // the STUN server did not tell of media ports when it was asked last

	life   context.Context //nolint:containedctx // the root of what the engine does; ends when Close is called
	cancel context.CancelFunc
	tasks  sync.WaitGroup

	roots    *x509.CertPool // of SIP servers; nil = those the system trusts
	distrust *gateway.Error // why no certificate authority is known; nil = all is well

	mu      sync.Mutex // guards what follows
	refused map[string]func() uint64
	stun    mirrored
}

var _ gateway.API = (*Engine)(nil)

// New makes an engine that does nothing yet.
func New(p Params) (*Engine, error) {
	if errs := p.Config.SIP.Validate(); len(errs) > 0 {
		return nil, errs[0]
	}
	e := &Engine{
		params:  p,
		refused: map[string]func() uint64{},
		config:  p.Config,
		log:     p.Log,
		ports:   newPorts(p),
		ladder:  ladder.New(),
		devices: device.Machine(),
	}
	var err error
	if e.roots, e.distrust = authorities(p.Config.SIP.TLSAuthority); e.distrust != nil {
		e.log.Error("SIP authorities", "err", e.distrust)
	}
	if e.agent, err = e.newAgent(p); err != nil {
		return nil, err
	}
	e.life, e.cancel = context.WithCancel(context.Background())
	e.streams = newStreams(&e.bus, transcode.New(), p.Config.Media.Transcode, p.Log)
	e.calls = newCalls(e)
	e.sessions = newSessions(e)
	e.pushes, e.pulls = newPushes(e), newPulls(e)
	e.registrations = newRegistrations(e)
	e.rtmp = server.New(server.Params{Hub: e.streams, Log: p.Log})
	return e, nil
}

func newPorts(p Params) *rtpio.Pool {
	return rtpio.NewPool(p.Config.SIP.Host, p.Config.RTP.PortMin, p.Config.RTP.PortMax, portRest)
}

func (e *Engine) newAgent(p Params) (*sipua.Agent, error) {
	return sipua.New(sipua.Params{
		Host:           p.Config.SIP.Host,
		Port:           p.Config.SIP.Port,
		PublicIP:       p.Config.SIP.PublicIP,
		RegisterExpiry: p.Config.SIP.RegisterExpiry,
		NoReliable:     !p.Config.SIP.Reliable,
		UserAgent:      "Callcast/" + p.Version,
		Roots:          e.roots,
		STUN:           p.Config.SIP.STUN,
		OnPublic:       e.reflected,
		OnInvite:       e.invited,
		Trace:          e.ladder.Note,
		Log:            p.Log,
	})
}

// Start opens the ports. A port that is taken is published as a listener with an error; the rest runs. SIP goes on
// with a free port: outgoing calls need no particular one.
func (e *Engine) Start() error {
	if err := e.startSIP(); err != nil {
		return err
	}
	e.startRTMP()
	e.startWebRTC()
	e.tasks.Go(e.publishStats)
	return e.registerConfigured()
}

// publishRefusals tells how much came to the ports that was not for them.
func (e *Engine) publishRefusals() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, l := range e.Snapshot().Listeners {
		if n := e.refused[l.Name](); n != l.Refused {
			l.Refused = n
			e.bus.SetListener(l)
		}
	}
}

func (e *Engine) startSIP() error {
	wanted := net.JoinHostPort(e.config.SIP.Host, strconv.Itoa(e.config.SIP.Port))
	err := e.agent.Start()
	listener := gateway.Listener{Name: "sip", Setting: "sip_port"}
	if err != nil {
		listener.Err = ListenError("sip", wanted, err)
		listener.Setting = listener.Err.Field
		e.log.Error("SIP port", "err", err)
		if err := e.startAnywhere(listener.Err.Field); err != nil {
			return err
		}
	}
	if listener.Err == nil && e.distrust != nil {
		listener.Err, listener.Setting = e.distrust, e.distrust.Field
	}
	listener.Address = e.agent.Addr().String()
	e.AddListener(listener, func() uint64 {
		s := e.agent.Stats()
		return s.Garbage + s.Refused + e.callsRefused.Load()
	})
	return nil
}

// startAnywhere starts SIP on a free port, and on every address if the one in sip_host is not ours.
func (e *Engine) startAnywhere(unusable string) error {
	p := e.params
	p.Config.SIP.Port = 0
	if unusable == "sip_host" {
		p.Config.SIP.Host = ""
		e.ports = newPorts(p)
	}
	agent, err := e.newAgent(p)
	if err != nil {
		return err
	}
	if err := agent.Start(); err != nil {
		return fmt.Errorf("sip: no free port: %w", err)
	}
	e.agent = agent
	return nil
}

func (e *Engine) startRTMP() {
	addr := e.config.RTMP.Address()
	listener := gateway.Listener{Name: "rtmp", Setting: "rtmp_port", Address: addr}
	if err := e.rtmp.Start(e.life, addr); err != nil {
		listener.Err = ListenError("rtmp", addr, err)
		listener.Setting = listener.Err.Field
		e.log.Error("RTMP port", "err", err)
	} else {
		listener.Address = e.rtmp.Addr().String()
	}
	e.AddListener(listener, func() uint64 {
		s := e.rtmp.Stats()
		return s.Garbage + s.Refused + s.TooMany
	})
}

// AddListener publishes a server that stands outside the engine; refused counts what came to it and was not for it.
func (e *Engine) AddListener(l gateway.Listener, refused func() uint64) {
	e.mu.Lock()
	e.refused[l.Name] = refused
	e.mu.Unlock()
	e.bus.SetListener(l)
}

// ListenError explains why a server - "rest", "rtmp", "webrtc" or "sip" - does not listen, and names the setting to change.
func ListenError(name, addr string, err error) *gateway.Error {
	e := &gateway.Error{Code: gateway.CodeUnavailable, Value: addr, Err: err}
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		e.Field, e.Reason = name+"_port", gateway.ReasonPortTaken
		e.Message = fmt.Sprintf("%s %q: another program listens there; stop that program or change %s.", e.Field, addr, e.Field)
	case errors.Is(err, syscall.EACCES):
		e.Field, e.Reason = name+"_port", gateway.ReasonPort
		e.Message = fmt.Sprintf("%s %q: the system keeps this port for itself; choose one above 1023.", e.Field, addr)
	default:
		e.Field, e.Reason = name+"_host", gateway.ReasonHost
		e.Message = fmt.Sprintf("%s %q: this machine has no such address (%v); name one it has, or none for all.", e.Field, addr, err)
	}
	return e
}

// Close ends every call, then the servers. It returns when all is down or ctx ends, with what was left alive.
func (e *Engine) Close(ctx context.Context) error {
	down := make(chan error, 1)
	go func() { down <- e.end(ctx) }()
	select {
	case err := <-down:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-down:
		return err
	case <-time.After(cutTime):
		return errors.New("the gateway did not end in time")
	}
}

// end ends everything. What is left when ctx ends is cut, which may hang as well.
func (e *Engine) end(ctx context.Context) error {
	e.calls.refuse()
	e.cancel()
	err := errors.Join(
		e.calls.wait(ctx), e.registrations.close(ctx), e.pulls.close(ctx), e.pushes.close(ctx), e.sessions.close(ctx),
		e.rtmp.Close(ctx), e.agent.Close(ctx),
	)
	e.tasks.Wait()
	e.streams.closeAll()
	e.ports.Close()
	return err
}

// Snapshot is everything that exists now.
func (e *Engine) Snapshot() gateway.Snapshot {
	now := e.bus.Snapshot()
	now.CallsRefused = e.callsRefused.Load()
	return now
}

// Subscribe starts a subscription.
func (e *Engine) Subscribe() gateway.Subscription { return e.bus.Subscribe() }

// RequestKeyframe asks a stream's source for a key picture.
func (e *Engine) RequestKeyframe(_ context.Context, name string) error {
	room, err := e.streams.find(name)
	if err != nil {
		return err
	}
	room.stream.RequestKeyframe()
	return nil
}

func (e *Engine) publishStats() {
	ticker := time.NewTicker(statsEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			e.streams.publishAll()
			e.sessions.publishAll()
			e.pushes.publishAll()
			e.publishRefusals()
		case <-e.life.Done():
			return
		}
	}
}
