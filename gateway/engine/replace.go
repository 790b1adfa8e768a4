package engine

import (
	"context"
	"time"

	"callcast/gateway/internal/media"
)

// offerable is what a browser is offered that is to talk in the call, and whether there is a place for one: the call rings, or
// another talks in it.
func (r *callRoom) offerable() (wants [media.Kinds]media.Codec, open bool) {
	switch {
	case r.incoming != nil:
		return r.incoming.wants, r.incoming.rule == nil
	case r.browser == nil:
		return wants, false
	}
	wants = telephone(r.engine.codecs(r.spec.Account))
	if !r.spec.HasVideo {
		wants[media.Video] = ""
	}
	return wants, true
}

// replace lets another browser talk in place of the one that did, which may have gone.
func (r *callRoom) replace(ctx context.Context, b *browser) error {
	r.taking.Lock()
	defer r.taking.Unlock()
	_, source, err := r.engine.established(ctx, r.spec.ID)
	if err != nil {
		b.close()
		return err
	}
	before := r.seat.sit(b)
	source.Talk(b.speech)
	r.talk()
	close(before.replaced)
	return nil
}

// succeeded waits for another browser to take this one's place, and reports whether one did in time.
func (b *browser) succeeded(ctx context.Context, keep time.Duration) bool {
	patience := time.NewTimer(keep)
	defer patience.Stop()
	select {
	case <-b.replaced:
		return true
	case <-patience.C:
	case <-ctx.Done():
	}
	return false
}
