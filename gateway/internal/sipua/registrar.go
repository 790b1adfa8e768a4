package sipua

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"github.com/emiago/sipgo/sip"
)

// binding is what a registration and its registrar have said to each other. It belongs to the goroutine of run.
type binding struct {
	id       identity
	local    netip.AddrPort     // as we called ourselves last
	contact  *sip.ContactHeader // as it was sent last
	accepted *sip.ContactHeader // as the registrar has it; nil if it has none
	last     netip.AddrPort     // the server that answered
	creds    *credentials
	cseq     uint32
	expiry   time.Duration // asked for
	bound    bool          // the registrar may have something to take back
}

// register sends a REGISTER, once more if the registrar finds the expiry too brief, and once more if it sees us elsewhere
// than we said. It returns the time granted.
func (r *registration) register(ctx context.Context) (time.Duration, *sip.Response, error) {
	res, err := r.send(ctx, r.expiry)
	if err == nil && res.StatusCode == sip.StatusIntervalToBrief {
		if least := seconds(res.GetHeader("Min-Expires")); least > r.expiry && least <= maxExpiry {
			r.expiry = least
			res, err = r.send(ctx, r.expiry)
		}
	}
	if err == nil && res.IsSuccess() {
		r.accepted = r.contact
		if r.moved(res) {
			res, err = r.send(ctx, r.expiry)
		}
	}
	if err != nil || !res.IsSuccess() {
		return 0, res, registerError(res, err)
	}
	r.accepted = r.contact
	return min(max(r.granted(res), minExpiry), maxExpiry), res, nil
}

func registerError(res *sip.Response, err error) error {
	if res == nil {
		return &RegisterError{Err: err}
	}
	return &RegisterError{Status: res.StatusCode, Reason: res.Reason, Err: err}
}

// moved reports whether the registrar sees us elsewhere than we said.
func (r *registration) moved(res *sip.Response) bool {
	r.agent.mu.Lock()
	to := r.via
	r.agent.mu.Unlock()
	return r.agent.nat.seen(to, r.local, res.Via())
}

// unregister takes the binding back. The registrar has little time to answer: it would expire anyway.
func (r *registration) unregister() {
	if !r.bound {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), r.agent.timing.unregister)
	defer cancel()
	if res, err := r.send(ctx, 0); err != nil || !res.IsSuccess() {
		r.agent.log.Warn("not unregistered", "account", r.acc.Login, "domain", r.acc.Domain, "error", registerError(res, err))
	}
}

// send does one REGISTER (RFC 3261 section 10.2), at one of the domain's servers after the other if there are several.
func (r *registration) send(ctx context.Context, expiry time.Duration) (*sip.Response, error) {
	target, err := registrarURI(r.acc)
	if err != nil {
		return nil, err
	}
	if r.id.from == nil {
		if r.id, err = newIdentity(newTag(), newTag(), r.acc, "", target); err != nil {
			return nil, err
		}
		r.id.to = &sip.ToHeader{Address: r.id.from.Address}
	}
	h, err := firstHop(r.acc, target)
	if err != nil {
		return nil, err
	}
	remotes, err := r.servers(ctx, h, expiry)
	if err != nil {
		return nil, err
	}
	var res *sip.Response
	for i, remote := range remotes {
		h.remote = remote
		turn, cancel := r.agent.turn(ctx, i < len(remotes)-1)
		res, err = r.sendTo(turn, target, h, expiry)
		cancel()
		if ctx.Err() == nil {
			r.agent.silent.note(remote, !elsewhere(res, err))
		}
		if !elsewhere(res, err) || ctx.Err() != nil {
			r.last = remote
			return res, err
		}
	}
	if res == nil && len(remotes) > 1 {
		err = fmt.Errorf("none of %d servers of %s takes it, the last: %w", len(remotes), h.host, err)
	}
	return res, err
}

// servers are where to send a REGISTER. What takes the binding back goes where that is, without asking the DNS.
func (r *registration) servers(ctx context.Context, h hop, expiry time.Duration) ([]netip.AddrPort, error) {
	if expiry == 0 && r.last.IsValid() {
		return []netip.AddrPort{r.last}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.agent.timing.resolve)
	defer cancel()
	return r.agent.addresses(ctx, h)
}

// sendTo does one REGISTER at one server.
func (r *registration) sendTo(ctx context.Context, target sip.Uri, h hop, expiry time.Duration) (*sip.Response, error) {
	r.agent.mu.Lock()
	r.via = h.via(h.remote)
	r.agent.mu.Unlock()
	return r.agent.exchange(ctx, r.creds, func(ctx context.Context) (*sip.Request, error) {
		dial, cancel := context.WithTimeout(ctx, r.agent.timing.dial)
		defer cancel()
		p, err := r.agent.path(dial, h)
		if err != nil {
			return nil, err
		}
		r.cseq++
		r.local, r.contact = p.local, p.contact(r.acc.Login)
		req := r.agent.request(sip.REGISTER, target, r.id, r.cseq)
		if h.route != nil {
			req.AppendHeader(&sip.RouteHeader{Address: *h.route})
		}
		req.AppendHeader(r.contact.Clone())
		if old := r.accepted; old != nil && old.Address.String() != r.contact.Address.String() {
			old = old.Clone()
			old.Params.Add("expires", "0")
			req.AppendHeader(old)
		}
		req.AppendHeader(sip.NewHeader("Expires", strconv.Itoa(int(expiry.Seconds()))))
		req.AppendHeader(sip.NewHeader("Allow", allowedMethods))
		setBody(req, "", nil)
		p.stamp(req)
		return req, nil
	})
}

// granted is the expiry the registrar gave to our contact, else to all, else what we asked for. The response lists
// the contacts of other devices too.
func (r *registration) granted(res *sip.Response) time.Duration {
	for _, h := range res.GetHeaders("Contact") {
		c, ok := h.(*sip.ContactHeader)
		if !ok || c.Address.User != r.contact.Address.User || c.Address.Port != r.contact.Address.Port {
			continue
		}
		if t, err := parseSeconds(c.Params.GetOr("expires", "")); err == nil {
			return t
		}
	}
	if t := seconds(res.GetHeader("Expires")); t > 0 {
		return t
	}
	return r.expiry
}

func seconds(h sip.Header) time.Duration {
	if h == nil {
		return 0
	}
	t, err := parseSeconds(h.Value())
	if err != nil {
		return 0
	}
	return t
}

var errSeconds = errors.New("not a number of seconds")

func parseSeconds(s string) (time.Duration, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	if err != nil {
		return 0, errSeconds
	}
	return time.Duration(n) * time.Second, nil
}
