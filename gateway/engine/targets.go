package engine

import (
	"fmt"
	"slices"
	"sync"

	"callcast/gateway"
	"callcast/gateway/internal/rtmp"
)

// targets is who publishes where. One name of a server takes one publisher.
type targets struct {
	mu    sync.Mutex // guards taken
	taken []*tenant
}

// tenant is a call or a push that publishes.
type tenant struct {
	target rtmp.Target
	call   string // its id; empty if it is a push
	shown  string // for people
}

// take reserves a target until the function it returns is called.
func (t *targets) take(target *rtmp.Target, by tenant) (release func(), err error) {
	if target == nil {
		return func() {}, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.taken {
		if other.target.Same(*target) {
			return nil, taken(other, by)
		}
	}
	by.target = *target
	t.taken = append(t.taken, &by)
	return func() { t.release(&by) }, nil
}

func (t *targets) release(by *tenant) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.taken = slices.DeleteFunc(t.taken, func(other *tenant) bool { return other == by })
}

func taken(holder *tenant, by tenant) *gateway.Error {
	reason := gateway.ReasonPushExists
	if holder.call != "" && by.call != "" {
		reason = gateway.ReasonTargetInUse
	}
	shown := holder.target.String()
	return &gateway.Error{
		Code: gateway.CodeConflict, Reason: reason, Field: "rtmpUrl", Value: shown,
		Message: fmt.Sprintf("rtmpUrl %q: %s publishes there; choose another name or end it.", shown, holder.shown),
	}
}
