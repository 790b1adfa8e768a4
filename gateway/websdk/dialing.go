package websdk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"callcast/gateway"
)

var (
	errNoCallID   = errors.New("callId is missing: give an id that no other call has")
	errNoRegistar = errors.New("the registrar has not answered yet")
)

// dial serves the message "call". The browser is told at once that it is being tried, because it cannot hang up before.
func (k *socket) dial(ctx context.Context, f fields) error {
	spec, offer := k.phone.specOf(f), f.text("sdp")
	spec.Keep = k.keepTime()
	if spec.ID == "" {
		return errNoCallID
	}
	if len(spec.ID) > maxID {
		return fmt.Errorf("callId is longer than %d characters", maxID)
	}
	if len(f["custom"]) > maxPayload {
		return fmt.Errorf("custom is longer than %d KiB", maxPayload>>10)
	}
	life, quit := context.WithCancel(context.WithoutCancel(ctx))
	c := newLine(k.phone, gateway.Call{
		ID: spec.ID, Status: gateway.CallPending, Caller: spec.Account.Login, Callee: spec.Callee,
		VisibleName: spec.VisibleName, HasAudio: spec.HasAudio, HasVideo: spec.HasVideo, Custom: spec.Custom,
	}, quit)
	c.asked = time.Now()
	holder, room := k.server.switchboard.reserve(c, func() {
		k.server.serveLine(life, c, func(ctx context.Context) bool { return k.server.begin(ctx, c, spec, offer) })
	})
	switch {
	case holder != nil && holder.phone == k.phone:
		quit()
		return errors.New("callId is already in use") // a status would end the call that has the id in this browser
	case holder != nil:
		quit()
		k.send("finish", c.data(gateway.CallFailed, "callId is already in use"))
	case !room:
		quit()
		k.server.log.Warn("browser makes too many calls", slog.String("remote", k.remote()))
		k.send("finish", c.data(gateway.CallFailed, "the session has too many calls"))
	}
	return nil
}

func (p *phone) specOf(f fields) gateway.CallSpec {
	spec := gateway.CallSpec{
		ID: f.text("callId"), Callee: f.typed("callee"), Account: p.account, AppKey: p.appKey,
		VisibleName: f.text("visibleName"), HasAudio: f.text("hasAudio") != "false", HasVideo: f.text("hasVideo") == "true",
	}
	if json.Unmarshal(f["custom"], &spec.Custom) != nil {
		spec.Custom = nil // not an object
	}
	return spec
}

// begin waits for the registrar and dials. It reports whether the call goes on.
func (s *Server) begin(ctx context.Context, c *line, spec gateway.CallSpec, offer string) bool {
	answer, err := s.dial(ctx, c.phone, spec, offer)
	if err == nil {
		s.switchboard.dialed(c, answer.Answer)
		return true
	}
	if ctx.Err() != nil {
		return false // it was hung up
	}
	s.log.Info("browser's call refused", slog.String("id", c.id), slog.Any("error", err))
	s.switchboard.refuse(c, err)
	return false
}

func (s *Server) dial(ctx context.Context, p *phone, spec gateway.CallSpec, offer string) (gateway.MediaAnswer, error) {
	ctx, done := context.WithTimeout(ctx, s.limits.request)
	defer done()
	select {
	case <-p.ready:
	case <-ctx.Done():
		return gateway.MediaAnswer{}, errNoRegistar
	}
	if p.flaw != nil {
		return gateway.MediaAnswer{}, p.flaw
	}
	if len(offer) > maxOffer {
		s.refused.Add(1)
		return gateway.MediaAnswer{}, errLongSDP
	}
	return s.api.Dial(ctx, spec, offer)
}

var errLongSDP = fmt.Errorf("sdp is longer than %d KiB", maxOffer>>10)

// dialed gives the browser its one answer, and tells what has happened since the gateway made it.
func (b *switchboard) dialed(c *line, answer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.live, c.open = true, true
	if c.over {
		return
	}
	switch {
	case c.hungUp: // the browser has closed what it is for
	case c.phone.socket == nil:
		c.answer = answer
	default:
		c.phone.tell("setRemoteSDP", c.id, answer, true)
	}
	b.update(c)
}
