package websdk

import (
	"context"
	"log/slog"
	"time"

	"callcast/gateway"
)

// keepTime is how long calls of this phone wait for a page to come back.
func (k *socket) keepTime() time.Duration {
	b := k.server.switchboard
	b.mu.Lock()
	defer b.mu.Unlock()
	if k.phone.keep {
		return k.server.limits.keep
	}
	return 0
}

// bringBack has a call offered to a page that takes a phone over. Pages know no other calls than those they made and those that
// ring, so it rings; the one who talked in it goes on until it is answered. It is called under the lock.
func (b *switchboard) bringBack(c *line) {
	k := c.phone.socket
	c.returns = false
	select {
	case c.tasks <- task{"connection", func(ctx context.Context) error { return k.offerAgain(ctx, c) }}:
	default: // it has more to do than can wait
	}
}

// offerAgain leaves a call that cannot be offered as it is: its page may be there yet.
func (k *socket) offerAgain(ctx context.Context, c *line) error {
	offer, err := k.server.api.OfferCall(ctx, c.id)
	if err != nil {
		k.server.log.Info("call cannot be offered again", slog.String("id", c.id), slog.Any("error", err))
		return nil
	}
	k.server.switchboard.returned(c, k, offer)
	return nil
}

// returned rings for a call that goes on.
func (b *switchboard) returned(c *line, k *socket, offer string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c.over || c.hungUp || c.phone.socket != k {
		return
	}
	c.returns = true
	data := c.data(gateway.CallRing, "")
	data.Incoming, data.Caller, data.VisibleName = true, c.party(), c.party()
	c.phone.tell("setRemoteSDP", c.id, offer, false)
	c.phone.tell("notifyIncomingCall", data)
	c.phone.tell("ring", data)
}

// retaken tells a page that it talks in a call again.
func (b *switchboard) retaken(c *line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !c.over {
		b.say(c)
	}
}
