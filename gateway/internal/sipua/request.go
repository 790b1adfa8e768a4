package sipua

import (
	"context"
	"net/netip"
	"strings"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

const allowedMethods = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, PRACK, UPDATE, REFER, NOTIFY"

// path is a hop made concrete: where it is and who we are on the way there.
type path struct {
	hop
	local  netip.AddrPort // as we call ourselves
	socket netip.AddrPort // that it leaves from; invalid = by whatever connection there is
}

func (a *Agent) path(ctx context.Context, h hop) (path, error) {
	remotes, err := a.addresses(ctx, h)
	if err != nil {
		return path{}, err
	}
	a.settle(ctx)
	p := path{hop: h}
	p.remote = remotes[0]
	ip, err := a.localIP(p.remote)
	if err != nil {
		return path{}, err
	}
	p.local, p.socket = netip.AddrPortFrom(ip, a.Addr().Port()), a.Addr()
	to := h.via(p.remote)
	if h.transport == "UDP" {
		p.local = a.nat.outside(to, p.local)
		return p, nil
	}
	f, err := a.reach(ctx, to)
	if err != nil {
		return path{}, err
	}
	p.socket = netip.AddrPort{}
	if f != nil {
		p.socket = f.local()
		if h.transport == "TLS" {
			p.local = netip.AddrPortFrom(ip, p.socket.Port()) // nobody can open TLS connections to us, but answer on this one
		}
	}
	p.local = a.nat.outside(to, p.local)
	return p, nil
}

// via is the flow that leads over a hop.
func (h hop) via(remote netip.AddrPort) via {
	v := via{transport: h.transport, remote: remote}
	if h.transport == "TLS" {
		v.trust = h.trust
		if v.trust.name == "" {
			v.trust.name = h.host
		}
	}
	return v
}

// stamp addresses a request to the path and gives it a new transaction id.
func (p path) stamp(req *sip.Request) {
	via := &sip.ViaHeader{
		ProtocolName: "SIP", ProtocolVersion: "2.0", Transport: p.transport,
		Host: p.local.Addr().String(), Port: int(p.local.Port()),
	}
	via.Params.Add("branch", sip.GenerateBranch())
	via.Params.Add("rport", "") // RFC 3581: answer to where it came from
	req.PrependHeader(via)
	req.SetTransport(p.transport)
	req.SetDestination(p.remote.String())
	if p.socket.IsValid() {
		// sipgo picks the socket by this address; without it each peer by UDP would get a socket and port of its own.
		req.Laddr = sip.Addr{IP: p.socket.Addr().AsSlice(), Port: int(p.socket.Port())}
	}
}

// contact is where the other side can reach us.
func (p path) contact(login string) *sip.ContactHeader {
	u := sip.Uri{Scheme: scheme(p.secure), User: escapeUser(login), Host: p.local.Addr().String(), Port: int(p.local.Port())}
	if p.transport != "UDP" && !p.secure {
		u.UriParams.Add("transport", strings.ToLower(p.transport))
	}
	return &sip.ContactHeader{Address: u}
}

func scheme(secure bool) string {
	if secure {
		return "sips"
	}
	return "sip"
}

// identity is what stays the same in all requests of one call or registration.
type identity struct {
	callID string
	from   *sip.FromHeader
	to     *sip.ToHeader
}

func newIdentity(callID, tag string, acc gateway.Account, visibleName string, to sip.Uri) (identity, error) {
	from, err := parseURI("sip:" + escapeUser(acc.Login) + "@" + acc.Domain)
	if err != nil {
		return identity{}, err
	}
	id := identity{
		callID: callID,
		from:   &sip.FromHeader{DisplayName: quotedText(visibleName), Address: plain(from)},
		to:     &sip.ToHeader{Address: plain(to)},
	}
	id.from.Params.Add("tag", tag)
	return id, nil
}

func newTag() string { return sip.GenerateTagN(16) }

// plain is a URI without what From and To must not hold (RFC 3261 section 19.1.1, table 1).
func plain(u sip.Uri) sip.Uri {
	u.UriParams, u.Headers = nil, nil
	return u
}

// request builds a request without a Via; path.stamp adds it.
func (a *Agent) request(method sip.RequestMethod, target sip.Uri, id identity, cseq uint32) *sip.Request {
	req := sip.NewRequest(method, target)
	callID := sip.CallIDHeader(id.callID)
	forwards := sip.MaxForwardsHeader(70)
	req.AppendHeader(&forwards)
	req.AppendHeader(sip.HeaderClone(id.from))
	req.AppendHeader(sip.HeaderClone(id.to))
	req.AppendHeader(&callID)
	req.AppendHeader(&sip.CSeqHeader{SeqNo: cseq, MethodName: method})
	if a.params.UserAgent != "" {
		req.AppendHeader(sip.NewHeader("User-Agent", a.params.UserAgent))
	}
	return req
}

// setBody gives a message its body, also an empty one: Content-Length is due on TCP.
func setBody(msg sip.Message, contentType string, body []byte) {
	if len(body) > 0 {
		t := sip.ContentTypeHeader(contentType)
		msg.AppendHeader(&t)
	}
	msg.SetBody(body)
}
