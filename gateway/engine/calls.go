package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"callcast/gateway"
	"callcast/gateway/internal/rtmp"
)

// pairsPerCall is how many pairs of RTP ports a call takes: for audio and for video.
const pairsPerCall = 2

// resolveTime is how long a name may take to resolve before the request is refused.
const resolveTime = 3 * time.Second

// calls is the registry of calls.
type calls struct {
	engine *Engine

	mu       sync.Mutex // guards what follows
	byID     map[string]*callRoom
	stopping bool
	running  sync.WaitGroup
}

func newCalls(e *Engine) *calls { return &calls{engine: e, byID: map[string]*callRoom{}} }

// StartCall checks what is asked for and starts the call.
func (e *Engine) StartCall(ctx context.Context, spec gateway.CallSpec) error {
	plan, err := e.plan(ctx, spec)
	if err != nil {
		return err
	}
	return e.calls.start(plan)
}

// plan checks what is asked for.
func (e *Engine) plan(ctx context.Context, spec gateway.CallSpec) (callPlan, error) {
	if errs := spec.Validate(); len(errs) > 0 {
		return callPlan{}, errs[0]
	}
	if spec.Stream == "" {
		spec.Stream = spec.ID
	}
	target, err := e.target(spec)
	if err != nil {
		return callPlan{}, err
	}
	return callPlan{spec: spec, target: target}, resolve(ctx, spec)
}

// EndCall hangs a call up.
func (e *Engine) EndCall(_ context.Context, id string) error {
	room, err := e.calls.find(id)
	if err != nil {
		return err
	}
	room.call.Hangup(gateway.EndLocal)
	return nil
}

// SendDTMF plays tones into a call.
func (e *Engine) SendDTMF(ctx context.Context, id string, tones gateway.DTMF) error {
	if err := tones.Validate(); err != nil {
		return err
	}
	room, err := e.calls.find(id)
	if err != nil {
		return err
	}
	if err := room.call.SendDTMF(ctx, tones); err != nil {
		return asContract(err)
	}
	return nil
}

// HoldCall holds a call or takes it back.
func (e *Engine) HoldCall(ctx context.Context, id string, hold bool) error {
	room, err := e.calls.find(id)
	if err != nil {
		return err
	}
	if err := room.call.Hold(ctx, hold); err != nil {
		return asContract(err)
	}
	return nil
}

// asContract turns any error into one of the contract.
func asContract(err error) *gateway.Error {
	if known, ok := errors.AsType[*gateway.Error](err); ok {
		return known
	}
	return &gateway.Error{Code: gateway.CodeInternal, Reason: gateway.ReasonInternal, Message: err.Error(), Err: err}
}

// target is where the call is pushed to, or nil.
func (e *Engine) target(spec gateway.CallSpec) (*rtmp.Target, error) {
	if spec.RTMPURL == "" {
		return nil, nil
	}
	target, err := rtmp.ParseTarget(spec.RTMPURL.Reveal(), spec.RTMPStream.Reveal(), e.config.Media.RTMPNamePrefix)
	if err != nil {
		return nil, err
	}
	return &target, nil
}

// resolve refuses hosts that do not exist before anything is started for them.
func resolve(ctx context.Context, spec gateway.CallSpec) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	field, host := "sipOutboundProxy", spec.Account.OutboundProxy
	if host == "" {
		field, host = "sipDomain", spec.Account.Domain
	}
	if err := resolveHost(ctx, field, hostOnly(host)); err != nil {
		return err
	}
	if host := calleeHost(spec.Callee); host != "" && spec.Account.OutboundProxy == "" {
		if err := resolveHost(ctx, "callee", host); err != nil {
			return err
		}
	}
	if spec.RTMPURL == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimSpace(spec.RTMPURL.Reveal()))
	if err != nil {
		return gateway.Invalid(gateway.ReasonURL, "rtmpUrl", spec.RTMPURL.String(), "give an address like rtmp://host:1935/app.")
	}
	return resolveHost(ctx, "rtmpUrl", u.Hostname())
}

// calleeHost is the host that a callee names itself, if it does.
func calleeHost(callee string) string {
	address, _, _ := strings.Cut(callee, ";")
	_, host, _ := strings.Cut(address, "@")
	return hostOnly(host)
}

func hostOnly(hostport string) string {
	if host, _, err := net.SplitHostPort(hostport); err == nil {
		return host
	}
	return strings.Trim(hostport, "[]")
}

func resolveHost(ctx context.Context, field, host string) error {
	if net.ParseIP(host) != nil {
		return nil
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
		return gateway.Invalid(gateway.ReasonHost, field, host, "this host cannot be resolved; check the name and the network.")
	}
	return nil
}

// start builds the call's room and runs it.
func (c *calls) start(plan callPlan) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.conflict(plan); err != nil {
		return err
	}
	if free := c.engine.ports.Free(); free < pairsPerCall {
		return &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonNoPorts, Field: "media_port_to",
			Message: "every RTP port is in use or resting after a call: widen the range from media_port_from to media_port_to, or wait.",
		}
	}
	room, err := newCallRoom(c.engine, plan)
	if err != nil {
		return err
	}
	id := plan.spec.ID
	c.byID[id] = room
	c.engine.ladder.Begin(id, plan.dialog())
	room.call.Announce() // whoever started it finds it
	c.running.Go(func() {
		room.run(c.engine.life)
		c.remove(id)
	})
	return nil
}

// remove frees the id of a call whose room is down. Whoever is told that the call is gone finds its id, its stream name
// and its target free.
func (c *calls) remove(id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byID, id)
	c.engine.ladder.End(id)
	c.engine.bus.Remove(gateway.EventCall, id)
}

// conflict applies WCS's rules: a call id is unique, and so is a publication.
func (c *calls) conflict(plan callPlan) *gateway.Error {
	id, target := plan.spec.ID, plan.target
	if c.stopping {
		return &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonStopping,
			Message: "the gateway is stopping and takes no more calls.",
		}
	}
	if _, taken := c.byID[id]; taken {
		return &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonCallExists, Field: "callId", Value: id,
			Message: fmt.Sprintf("callId %q: a call with this id exists; choose another id or end that call.", id),
		}
	}
	if plan.incoming != nil && c.ringingLocked() >= maxRinging {
		return &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonTooMany,
			Message: fmt.Sprintf("%d calls ring, which is the limit: answer or refuse some of them.", maxRinging),
		}
	}
	for _, other := range c.byID {
		if target != nil && other.target != nil && target.Same(*other.target) {
			return &gateway.Error{
				Code: gateway.CodeConflict, Reason: gateway.ReasonTargetInUse, Field: "rtmpUrl", Value: other.targetShown(),
				Message: fmt.Sprintf("rtmpUrl %q: call %q publishes there; choose another rtmpStream or end that call.", other.targetShown(), other.spec.ID),
			}
		}
	}
	if p := c.engine.pushes.to(target); p != "" {
		return taken(*target, fmt.Sprintf("push %q", p))
	}
	return nil
}

// ringingLocked counts the calls that come in and have no media yet.
func (c *calls) ringingLocked() (n int) {
	for _, room := range c.byID {
		if room.incoming != nil && !room.opened.Load() {
			n++
		}
	}
	return n
}

func (c *calls) has(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byID[id] != nil
}

// publisherTo is the call that publishes to a target, if one does.
func (c *calls) publisherTo(target rtmp.Target) (id string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range c.byID {
		if other.target != nil && other.target.Same(target) {
			return other.spec.ID
		}
	}
	return ""
}

// find returns a call that is not over.
func (c *calls) find(id string) (*callRoom, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if room := c.byID[id]; room != nil {
		select {
		case <-room.call.Done():
		default:
			return room, nil
		}
	}
	return nil, &gateway.Error{
		Code: gateway.CodeNotFound, Reason: gateway.ReasonCallNotFound, Field: "callId", Value: id,
		Message: fmt.Sprintf("callId %q: there is no such call; it may be over.", id),
	}
}

// refuse lets no more calls in.
func (c *calls) refuse() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopping = true
}

// wait returns when every call is down, or names those that are not when ctx ends.
func (c *calls) wait(ctx context.Context) error {
	down := make(chan struct{})
	go func() {
		c.running.Wait()
		close(down)
	}()
	select {
	case <-down:
		return nil
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var left []error
	for id := range c.byID {
		left = append(left, fmt.Errorf("call %s did not end in time", id))
	}
	return errors.Join(left...)
}
