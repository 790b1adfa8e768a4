package engine

import (
	"context"

	"callcast/gateway"
)

// MuteCall puts silence in place of what the remote party hears.
func (e *Engine) MuteCall(_ context.Context, callID string, _ bool) error {
	_, err := e.calls.find(callID)
	if err != nil {
		return err
	}
	return notYet("mute")
}

func notYet(what string) error {
	return &gateway.Error{Code: gateway.CodeUnavailable, Reason: gateway.ReasonInternal, Field: what, Message: what + ": not there yet."}
}
