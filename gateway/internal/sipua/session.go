package sipua

import (
	"context"
	"net/netip"
	"slices"
	"sync"

	"github.com/emiago/sipgo/sip"
)

// session is a dialog as SIP knows it, early or confirmed (RFC 3261 section 12): who speaks, over which proxies, to which
// address.
type session struct {
	d         *Dialog
	id        identity
	remoteTag string
	transport string
	contact   *sip.ContactHeader

	mu      sync.Mutex // guards what follows
	routes  []sip.Uri
	target  sip.Uri
	ack     *sip.Request
	update  bool   // the other side takes UPDATE
	local   []byte // our last description of the session
	agreed  bool   // the offer of the INVITE is answered
	changed bool   // by an offer of the other side since then
}

// newSession makes the session that a response to our INVITE stands for.
func newSession(d *Dialog, invite *sip.Request, res *sip.Response) *session {
	s := &session{
		d:         d,
		id:        identity{callID: invite.CallID().Value(), from: invite.From(), to: res.To()},
		remoteTag: tagOf(res.To().Params),
		transport: invite.Transport(),
		contact:   invite.Contact(),
		target:    invite.Recipient,
		local:     d.p.SDP,
	}
	s.follow(res)
	return s
}

// follow takes from a response to our INVITE over which proxies and to which address the session goes.
func (s *session) follow(res *sip.Response) {
	s.refresh(res)
	routes := recordedRoutes(res)
	slices.Reverse(routes)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.routes = routes
}

func recordedRoutes(msg sip.Message) (routes []sip.Uri) {
	for _, h := range msg.GetHeaders("Record-Route") {
		if r, ok := h.(*sip.RecordRouteHeader); ok {
			routes = append(routes, r.Address)
		}
	}
	return routes
}

func tagOf(params sip.HeaderParams) string { return params.GetOr("tag", "") }

// refresh takes the other side's new address from a message that may change it.
func (s *session) refresh(msg sip.Message) {
	if header(msg, "Allow") != nil {
		s.mu.Lock()
		s.update = lists(msg, "Allow", "", string(sip.UPDATE))
		s.mu.Unlock()
	}
	c := contactOf(msg)
	if c == nil || c.Address.Wildcard || c.Address.Scheme != "sip" && c.Address.Scheme != "sips" || c.Address.Host == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.target = *c.Address.Clone()
	s.target.Headers = nil
}

func contactOf(msg sip.Message) *sip.ContactHeader {
	c, _ := header(msg, "Contact").(*sip.ContactHeader)
	return c
}

// proposed notes our description of the session, to be repeated when only the session timer is to be renewed.
func (s *session) proposed(sdp []byte) {
	if len(sdp) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.local = sdp
}

// request builds the next request of the dialog.
func (s *session) request(ctx context.Context, method sip.RequestMethod) (*sip.Request, error) {
	return s.numbered(ctx, method, s.d.cseq.Add(1))
}

func (s *session) numbered(ctx context.Context, method sip.RequestMethod, cseq uint32) (*sip.Request, error) {
	s.mu.Lock()
	target, routes, next := plan(s.target, s.routes)
	s.mu.Unlock()
	a := s.d.agent
	req := a.request(method, target, s.id, cseq)
	for _, r := range routes {
		req.AppendHeader(&sip.RouteHeader{Address: r})
	}
	h := hop{transport: s.transport, trust: s.d.trust(next.Host)}
	if t, ok := next.UriParams.Get("transport"); ok {
		h.transport = transportName(t)
	}
	if next.Scheme == "sips" {
		h.transport, h.secure = "TLS", true
	}
	h.at(next.Host, next.Port)
	p, err := a.path(ctx, h)
	if err != nil {
		return nil, err
	}
	p.stamp(req)
	return req, nil
}

// trust is how a host has to prove itself. An address is that of the account's own server: others would give their names.
func (d *Dialog) trust(host string) trust {
	t := trustOf(d.p.Account)
	if t.name != "" {
		return t
	}
	t.name = bareHost(host)
	if _, err := netip.ParseAddr(t.name); err != nil {
		return t
	}
	own := d.p.Account.OutboundProxy
	if own == "" {
		own = d.p.Account.Domain
	}
	if name, _, err := hostPort(own); err == nil {
		t.name = name
	}
	return t
}

// plan applies a route set (RFC 3261 section 12.2.1.1): what the request line says, what the Route headers say, and
// where the request goes. A first proxy without lr is a strict router: it expects itself in the request line.
func plan(target sip.Uri, routes []sip.Uri) (line sip.Uri, headers []sip.Uri, next sip.Uri) {
	if len(routes) == 0 {
		return target, nil, target
	}
	if routes[0].UriParams.Has("lr") {
		return target, routes, routes[0]
	}
	return routes[0], append(slices.Clone(routes[1:]), target), routes[0]
}

// acknowledge sends the ACK of the 2xx. It is a request of its own, with the number and the credentials of the INVITE
// (RFC 3261 sections 13.2.2.4 and 22.1).
func (s *session) acknowledge(ctx context.Context, invite *sip.Request) error {
	ack, err := s.numbered(ctx, sip.ACK, invite.CSeq().SeqNo)
	if err != nil {
		return err
	}
	for _, name := range []string{"Authorization", "Proxy-Authorization"} {
		for _, h := range invite.GetHeaders(name) {
			ack.AppendHeader(sip.HeaderClone(h))
		}
	}
	setBody(ack, "", nil)
	s.mu.Lock()
	s.ack = ack
	s.mu.Unlock()
	return s.repeatAck(invite.CSeq().SeqNo)
}

// repeatAck answers a repeated 2xx to our last INVITE with the same ACK.
func (s *session) repeatAck(cseq uint32) error {
	s.mu.Lock()
	ack := s.ack
	if ack != nil {
		ack = ack.Clone()
	}
	s.mu.Unlock()
	if ack == nil || ack.CSeq().SeqNo != cseq {
		return nil
	}
	return s.d.agent.transport.WriteMsg(ack)
}

// do sends a request inside the dialog and waits for the answer, after add has added what headers it wants.
func (s *session) do(ctx context.Context, method sip.RequestMethod, contentType string, body []byte, add ...func(*sip.Request)) (*sip.Response, error) {
	return s.d.agent.exchange(ctx, s.d.creds, func(ctx context.Context) (*sip.Request, error) {
		req, err := s.request(ctx, method)
		if err != nil {
			return nil, err
		}
		for _, f := range add {
			f(req)
		}
		setBody(req, contentType, body)
		return req, nil
	})
}
