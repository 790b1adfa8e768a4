package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"callcast/gateway"
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
	if err := e.trusts(spec.Account); err != nil {
		return callPlan{}, err
	}
	if spec.Stream == "" {
		spec.Stream = spec.ID
	}
	p, err := e.publication(spec.Stream, spec.RTMPURL, spec.RTMPStream)
	if err != nil {
		return callPlan{}, err
	}
	return callPlan{spec: spec, publication: p}, resolve(ctx, spec)
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

// resolve refuses hosts that do not exist before anything is started for them.
func resolve(ctx context.Context, spec gateway.CallSpec) error {
	ctx, cancel := context.WithTimeout(ctx, resolveTime)
	defer cancel()
	field, host := "sipOutboundProxy", spec.Account.OutboundProxy
	if host == "" {
		field, host = "sipDomain", spec.Account.Domain
	}
	if err := resolveServer(ctx, field, hostOnly(host)); err != nil {
		return err
	}
	if host := calleeHost(spec.Callee); host != "" && spec.Account.OutboundProxy == "" {
		if err := resolveServer(ctx, "callee", host); err != nil {
			return err
		}
	}
	return resolvePush(ctx, spec.RTMPURL)
}

// resolvePush refuses a push to a host that does not exist.
func resolvePush(ctx context.Context, target gateway.Secret) error {
	if target == "" {
		return nil
	}
	u, err := url.Parse(strings.TrimSpace(target.Reveal()))
	if err != nil {
		return gateway.Invalid(gateway.ReasonURL, "rtmpUrl", target.String(), "give an address like rtmp://host:1935/app.")
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

// resolveServer refuses a SIP server of which the DNS knows neither an address nor a service record (RFC 3263). A DNS that does
// not answer proves nothing: the user agent may remember what it said before, and waits longer.
func resolveServer(ctx context.Context, field, host string) error {
	refused := resolveHost(ctx, field, host)
	if refused == nil || unanswered(refused) {
		return nil
	}
	for _, service := range [][2]string{{"sip", "udp"}, {"sip", "tcp"}, {"sips", "tcp"}} {
		_, records, err := net.DefaultResolver.LookupSRV(ctx, service[0], service[1], host)
		if len(records) > 0 || unanswered(err) {
			return nil
		}
	}
	return refused
}

// unanswered reports whether the DNS can be reached, but has not said that there is no such name.
func unanswered(err error) bool {
	e, ok := errors.AsType[*net.DNSError](err)
	if !ok || e.IsNotFound {
		return false
	}
	_, unreachable := errors.AsType[*net.OpError](err)
	return e.IsTimeout || !unreachable
}

func resolveHost(ctx context.Context, field, host string) error {
	if net.ParseIP(host) != nil {
		return nil
	}
	if _, err := net.DefaultResolver.LookupHost(ctx, host); err != nil {
		refused := gateway.Invalid(gateway.ReasonHost, field, host, "this host cannot be resolved; check the name and the network.")
		refused.Err = err
		return refused
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

// conflict applies WCS's rule that a call id is unique, and bounds the calls that come in.
func (c *calls) conflict(plan callPlan) *gateway.Error {
	id := plan.spec.ID
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
	if plan.incoming != nil && c.takenLocked(plan.incoming.rule) {
		return &gateway.Error{
			Code: gateway.CodeUnavailable, Reason: gateway.ReasonTooMany, Field: "maximum",
			Message: "the rule that takes this call has as many as it may: raise its maximum in answer_rules, or wait.",
		}
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
	return joined(ctx, "call", &c.running, func() []string {
		c.mu.Lock()
		defer c.mu.Unlock()
		return slices.Collect(maps.Keys(c.byID))
	})
}
