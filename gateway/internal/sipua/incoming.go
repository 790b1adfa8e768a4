package sipua

import (
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// Party is one side of a call, as the caller's request names it.
type Party struct {
	User    string
	Display string
	Host    string
}

// Incoming is a call to us that is neither answered nor rejected yet. Its methods may be called from any goroutine, and
// return at once. What comes after Answer or Reject, or after the caller gave up, does nothing.
type Incoming struct {
	CallID  string
	From    Party
	To      Party           // whom the request is for
	SDP     []byte          // the offer; empty = we are to make one, and Answered brings the answer
	Account gateway.Account // the registered account that is called; zero if it is none of them

	remote   string // that sent it
	d        *Dialog
	wake     chan struct{} // holds one item when there are orders
	rejected chan struct{} // closed when the last order is to reject it
	gone     chan struct{}

	mu     sync.Mutex // guards what follows
	orders []order
	closed bool // orders are not taken any more
}

// order is what the owner of the call wants said.
type order struct {
	status int
	reason string
	sdp    []byte
	handle func(Event)
}

// LocalIP is our address on the route to whoever sent the request.
func (in *Incoming) LocalIP() (netip.Addr, error) {
	remote, err := netip.ParseAddrPort(in.remote)
	if err != nil {
		return netip.Addr{}, err
	}
	return in.d.agent.localIP(remote)
}

// RemoteIP is where the request came from; invalid if that is not known.
func (in *Incoming) RemoteIP() netip.Addr {
	remote, _ := netip.ParseAddrPort(in.remote)
	return remote.Addr()
}

// Ring says that the phone rings.
func (in *Incoming) Ring() { in.order(order{status: sip.StatusRinging}) }

// Progress sends early media's description.
func (in *Incoming) Progress(sdp []byte) {
	in.order(order{status: sip.StatusSessionInProgress, sdp: sdp})
}

// Answer takes the call. From then on it is told to handle like one we placed: Answered when the other side has
// acknowledged, and last of all exactly one Ended. That may be the only event, if the caller gave up.
func (in *Incoming) Answer(sdp []byte, handle func(Event)) *Dialog {
	if !in.order(order{status: sip.StatusOK, sdp: sdp, handle: handle}) {
		why := in.d.reason()
		handle(Ended{Remote: why.by == byThem, Text: why.text})
	}
	return in.d
}

// Reject refuses the call.
func (in *Incoming) Reject(status int, reason string) {
	if status < 300 || status > 699 {
		status = sip.StatusTemporarilyUnavailable
	}
	in.order(order{status: status, reason: reason})
}

// Gone is closed when the call is over without having been answered: the caller gave up, or it was rejected.
func (in *Incoming) Gone() <-chan struct{} { return in.gone }

// order queues an order. It reports false if there was a last one, or the call is gone.
func (in *Incoming) order(o order) bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.closed {
		return false
	}
	in.closed = o.status >= 200
	in.orders = append(in.orders, o)
	if in.closed && !o.took() {
		close(in.rejected)
	}
	select {
	case in.wake <- struct{}{}:
	default:
	}
	return true
}

// next takes the oldest order.
func (in *Incoming) next() (order, bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.orders) == 0 {
		return order{}, false
	}
	o := in.orders[0]
	in.orders = in.orders[1:]
	return o, true
}

// end takes no more orders. It returns who waits for the call's events, if it was answered in the last moment.
func (in *Incoming) end() (handle func(Event)) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.closed = true
	for _, o := range in.orders {
		if o.handle != nil {
			handle = o.handle
		}
	}
	in.orders = nil
	return handle
}

func (a *Agent) incoming(d *Dialog, req *sip.Request) *Incoming {
	from, to := req.From(), req.Recipient
	return &Incoming{
		CallID:   d.p.CallID,
		From:     Party{unescapeUser(from.Address.User), from.DisplayName, bareHost(from.Address.Host)},
		To:       Party{unescapeUser(to.User), req.To().DisplayName, bareHost(to.Host)},
		SDP:      sdpOf(req),
		Account:  d.p.Account,
		remote:   req.Source(),
		d:        d,
		wake:     make(chan struct{}, 1),
		rejected: make(chan struct{}),
		gone:     make(chan struct{}),
	}
}

// called is the registered account a request is for: the user we registered, of several one of the domain that was called,
// and of those one that is kept for calls to come in.
func (a *Agent) called(req *sip.Request) gateway.Account {
	a.mu.Lock()
	defer a.mu.Unlock()
	var found gateway.Account
	best := 0
	for _, r := range a.registrations {
		if rank := r.answersTo(req); rank > best {
			found, best = r.owner, rank
		}
	}
	return found
}

// answersTo is how well a request fits an account: 0 is not at all. The agent's lock is held.
func (r *registration) answersTo(req *sip.Request) (rank int) {
	acc := r.owner
	if escapeUser(acc.Login) != req.Recipient.User && acc.Login != unescapeUser(req.Recipient.User) {
		return 0
	}
	rank = 1
	if r.keepers > 0 {
		rank++
	}
	if host, _, err := hostPort(acc.Domain); err == nil && strings.EqualFold(host, bareHost(req.To().Address.Host)) {
		rank += 2
	}
	return rank
}

// sessionWith makes the session with the sender of a request, who called us (RFC 3261 section 12.1.1), or whom we have called.
func sessionWith(d *Dialog, req *sip.Request, contact *sip.ContactHeader) *session {
	from, to := req.To(), req.From()
	s := &session{
		d: d,
		id: identity{
			callID: d.p.CallID,
			from:   &sip.FromHeader{DisplayName: from.DisplayName, Address: from.Address, Params: sip.NewParams()},
			to:     &sip.ToHeader{DisplayName: to.DisplayName, Address: to.Address, Params: to.Params},
		},
		remoteTag: tagOf(to.Params),
		transport: req.Transport(),
		contact:   contact,
		routes:    recordedRoutes(req),
		target:    to.Address,
		local:     d.p.SDP,
	}
	s.id.from.Params.Add("tag", d.tag)
	s.refresh(req)
	return s
}

// contactFor is where the sender of a request can reach us. socket is ours that it came to.
func (a *Agent) contactFor(req *sip.Request, socket net.Addr) (*sip.ContactHeader, error) {
	source, err := netip.ParseAddrPort(req.Source())
	if err != nil {
		return nil, err
	}
	ip, err := a.localIP(source)
	if err != nil {
		return nil, err
	}
	p := path{hop: hop{transport: req.Transport(), remote: source, secure: req.Recipient.Scheme == "sips"}}
	port := a.Addr().Port()
	if tcp, ok := socket.(*net.TCPAddr); ok && p.transport == "TLS" {
		port = tcp.AddrPort().Port()
	}
	p.local = a.nat.outside(p.via(source), netip.AddrPortFrom(ip, port))
	return p.contact(unescapeUser(req.Recipient.User)), nil
}
