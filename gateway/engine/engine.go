package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/bus"
	"callcast/gateway/internal/codec/transcode"
	"callcast/gateway/internal/rtmp/server"
	"callcast/gateway/internal/rtpio"
	"callcast/gateway/internal/sipua"
)

const (
	statsEvery = time.Second      // how often streams are published
	portRest   = 10 * time.Second // how long a closed RTP port is not used again
)

// Params configures an engine.
type Params struct {
	Config  gateway.Config
	Version string
	Log     *slog.Logger
}

// Engine is the gateway.
type Engine struct {
	params  Params
	config  gateway.Config
	log     *slog.Logger
	bus     bus.Bus
	agent   *sipua.Agent
	ports   *rtpio.Pool
	rtmp    *server.Server
	streams *streams
	calls   *calls

	life   context.Context //nolint:containedctx // the root of what the engine does; ends when Close is called
	cancel context.CancelFunc
	tasks  sync.WaitGroup
}

var _ gateway.API = (*Engine)(nil)

// New makes an engine that does nothing yet.
func New(p Params) (*Engine, error) {
	agent, err := newAgent(p, p.Config.SIP.Port)
	if err != nil {
		return nil, err
	}
	e := &Engine{
		params: p,
		config: p.Config,
		log:    p.Log,
		agent:  agent,
		ports:  rtpio.NewPool(p.Config.SIP.Host, p.Config.RTP.PortMin, p.Config.RTP.PortMax, portRest),
	}
	e.life, e.cancel = context.WithCancel(context.Background())
	e.streams = newStreams(&e.bus, transcode.New(), p.Log)
	e.calls = newCalls(e)
	e.rtmp = server.New(server.Params{Hub: e.streams, Log: p.Log})
	return e, nil
}

func newAgent(p Params, port int) (*sipua.Agent, error) {
	return sipua.New(sipua.Params{
		Host:           p.Config.SIP.Host,
		Port:           port,
		PublicIP:       p.Config.SIP.PublicIP,
		RegisterExpiry: p.Config.SIP.RegisterExpiry,
		UserAgent:      "Callcast/" + p.Version,
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
	e.tasks.Go(e.publishStats)
	return nil
}

// publishRefusals tells how much came to the ports that was not for them.
func (e *Engine) publishRefusals() {
	sip, rtmp := e.agent.Stats(), e.rtmp.Stats()
	refused := map[string]uint64{"sip": sip.Garbage + sip.Refused, "rtmp": rtmp.Garbage + rtmp.Refused + rtmp.TooMany}
	for _, l := range e.Snapshot().Listeners {
		if n := refused[l.Name]; n != l.Refused {
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
		listener.Err = ListenError("sip_port", wanted, err)
		e.log.Error("SIP port", "err", err)
		agent, err := e.freeAgent()
		if err != nil {
			return err
		}
		e.agent = agent
	}
	listener.Address = e.agent.Addr().String()
	e.bus.SetListener(listener)
	return nil
}

func (e *Engine) freeAgent() (*sipua.Agent, error) {
	agent, err := newAgent(e.params, 0)
	if err != nil {
		return nil, err
	}
	if err := agent.Start(); err != nil {
		return nil, fmt.Errorf("sip: no free port: %w", err)
	}
	return agent, nil
}

func (e *Engine) startRTMP() {
	addr := e.config.RTMP.Address()
	listener := gateway.Listener{Name: "rtmp", Setting: "rtmp_port", Address: addr}
	if err := e.rtmp.Start(e.life, addr); err != nil {
		listener.Err = ListenError("rtmp_port", addr, err)
		e.log.Error("RTMP port", "err", err)
	} else {
		listener.Address = e.rtmp.Addr().String()
	}
	e.bus.SetListener(listener)
}

// SetListener publishes a server that stands outside the engine.
func (e *Engine) SetListener(l gateway.Listener) { e.bus.SetListener(l) }

// ListenError explains why a server does not listen.
func ListenError(setting, addr string, err error) *gateway.Error {
	why := err.Error()
	if errors.Is(err, syscall.EADDRINUSE) {
		why = "another program listens there"
	}
	return &gateway.Error{
		Code: gateway.CodeUnavailable, Reason: gateway.ReasonPortTaken, Field: setting, Value: addr, Err: err,
		Message: fmt.Sprintf("%s %q: %s; stop that program or change %s.", setting, addr, why, setting),
	}
}

// Close ends every call, then the servers. It returns when all is down or ctx ends, with what was left alive.
func (e *Engine) Close(ctx context.Context) error {
	e.calls.refuse()
	e.cancel()
	left := e.calls.wait(ctx)
	err := errors.Join(left, e.rtmp.Close(ctx), e.agent.Close(ctx))
	e.tasks.Wait()
	e.streams.closeAll()
	e.ports.Close()
	return err
}

// Snapshot is everything that exists now.
func (e *Engine) Snapshot() gateway.Snapshot { return e.bus.Snapshot() }

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
			e.publishRefusals()
		case <-e.life.Done():
			return
		}
	}
}
