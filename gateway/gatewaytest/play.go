package gatewaytest

import (
	"context"
	"fmt"
	"slices"

	"callcast/gateway"
)

// Play implements gateway.API. By default every stream that exists can be watched; the answer says nothing.
func (f *Fake) Play(ctx context.Context, spec gateway.PlaySpec) (gateway.Viewing, error) {
	f.mu.Lock()
	f.played = append(f.played, spec)
	n := len(f.played)
	f.mu.Unlock()
	if f.PlayFunc != nil {
		return f.PlayFunc(ctx, spec)
	}
	if err := f.streamExists(spec.Stream); err != nil {
		return gateway.Viewing{}, err
	}
	v := gateway.Viewing{ID: fmt.Sprintf("viewing-%d", n), Answer: "v=0\r\n"}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.viewings.set(v.ID, v)
	return v, nil
}

// StopPlaying implements gateway.API.
func (f *Fake) StopPlaying(ctx context.Context, viewingID string) error {
	if f.StopPlayingFunc != nil {
		return f.StopPlayingFunc(ctx, viewingID)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.viewings.remove(viewingID) {
		return refused(gateway.CodeNotFound, gateway.ReasonViewerMissing, "viewing", viewingID, "no viewing with this id")
	}
	return nil
}

// Played returns every offer that was made, in order.
func (f *Fake) Played() []gateway.PlaySpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.played)
}
