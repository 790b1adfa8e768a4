package websdk

import (
	"context"
	"errors"
	"log/slog"

	"callcast/gateway"
)

// ringFor starts a line for a call that a phone is to ring for. There is no line if the phone has as many as it may;
// somebody else may take the call.
func (s *Server) ringFor(ctx context.Context, p *phone, call gateway.Call) {
	life, quit := context.WithCancel(context.WithoutCancel(ctx))
	c := newLine(p, call, quit)
	c.known, c.live = true, true
	holder, room := s.switchboard.reserve(c, func() {
		s.serveLine(life, c, func(ctx context.Context) bool { return s.offer(ctx, c) })
	})
	if holder != nil || !room {
		quit()
		s.log.Warn("no line is free for a call", slog.String("id", call.ID), slog.String("login", p.account.Login))
	}
}

// offer has an offer made and rings. A call that cannot be offered rings on without this browser: somebody else may
// take it.
func (s *Server) offer(ctx context.Context, c *line) bool {
	limited, done := context.WithTimeout(ctx, s.limits.request)
	defer done()
	offer, err := s.api.OfferCall(limited, c.id)
	if err != nil && ctx.Err() == nil {
		s.log.Warn("call cannot be offered to its browser", slog.String("id", c.id), slog.Any("error", err))
	}
	if err == nil {
		s.switchboard.offered(c, offer)
	}
	return true
}

func (b *switchboard) offered(c *line, offer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.over {
		return
	}
	c.open, c.offer = true, offer
	b.ring(c)
}

// answer takes a call that rings.
func (k *socket) answer(_ context.Context, f fields) error {
	id, sdp := f.text("callId"), f.text("sdp")
	if sdp == "" {
		return errNoSDP // the gateway would take the call without a browser
	}
	if len(sdp) > maxOffer {
		return errLongSDP
	}
	again, rings := k.server.switchboard.take(k.phone, id)
	if !rings {
		return errNotRinging
	}
	return k.request(id, "answer", func(ctx context.Context, c *line) error {
		err := k.server.api.AnswerCall(ctx, gateway.AnswerSpec{CallID: id, SDP: sdp, Keep: k.keepTime()})
		if err != nil {
			k.server.log.Info("browser's answer refused", slog.String("id", id), slog.Any("error", err))
			k.server.switchboard.notTaken(c, err)
		} else if again {
			k.server.switchboard.retaken(c)
		}
		return nil
	})
}

var errNoSDP = errors.New("sdp is missing: give the browser's answer")

var errNotRinging = errors.New("the session has no such call that rings")

// take notes that the browser wants a call that rings for it, or that it is to talk in again. again is the
// latter; rings is false if there is no such call.
func (b *switchboard) take(p *phone, id string) (again, rings bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := p.byID[id]
	if c == nil || !c.open || c.hungUp || !c.returns && (!c.call.Incoming || c.taking) {
		return false, false
	}
	again = c.returns
	c.taking, c.returns = true, false
	return again, true
}

// notTaken tells the browser that it does not have the call. The caller is refused, unless somebody else has taken it.
func (b *switchboard) notTaken(c *line, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e, ok := errors.AsType[*gateway.Error](err); ok && e.Reason == gateway.ReasonNotRinging {
		c.live = false
	}
	b.fail(c, err.Error())
}
