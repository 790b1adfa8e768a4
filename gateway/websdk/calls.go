package websdk

import (
	"context"

	"callcast/gateway"
)

// hangup serves calls that are asked for, that ring and that go on alike. One that has ended, or is another's, is
// confirmed only, for pages that wait for it.
func (k *socket) hangup(_ context.Context, f fields) error {
	id := f.text("callId")
	if !k.server.switchboard.hangUp(k.phone, id) {
		k.send("finish", callStatus{ID: clip(id), Status: gateway.CallFinish, Provider: webRTC})
	}
	return nil
}

// hangUp has the line end its call, in its own goroutine.
func (b *switchboard) hangUp(p *phone, id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := p.byID[id]
	if c == nil {
		return false
	}
	c.hungUp = true
	c.quit()
	return true
}

func (k *socket) hold(_ context.Context, f fields) error { return k.holdCall(f, "hold", true) }

func (k *socket) unhold(_ context.Context, f fields) error { return k.holdCall(f, "unhold", false) }

// holdCall holds a call or takes it back. Pages keep their button disabled until they are told a status, so they are
// told one whatever becomes of it.
func (k *socket) holdCall(f fields, name string, hold bool) error {
	board := k.server.switchboard
	return k.request(f.text("callId"), name, func(ctx context.Context, c *line) error {
		board.expectHold(c, hold, f.text("holdForTransfer") == "true")
		err := k.server.api.HoldCall(ctx, c.id, hold)
		board.held(c, err == nil)
		return err
	})
}

// expectHold notes what the browser waits for.
func (b *switchboard) expectHold(c *line, hold, consults bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c.hold, c.consults = &hold, consults
}

// held tells how the call stands. What was agreed to is told by an event, which may have come before.
func (b *switchboard) held(c *line, agreed bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case c.over, c.hungUp:
	case agreed:
		b.update(c)
	default:
		b.say(c)
	}
}

// sendDTMF serves pages that send one digit, or several, as text or as a number.
func (k *socket) sendDTMF(_ context.Context, f fields) error {
	tones := gateway.DTMF{Digits: f.text("dtmf"), Type: gateway.DTMFType(f.text("type"))}
	return k.request(f.text("callId"), "sendDtmf", func(ctx context.Context, c *line) error {
		return k.server.api.SendDTMF(ctx, c.id, tones)
	})
}
