package engine

import (
	"context"

	"callcast/gateway"
)

// Ladder is the SIP messages of a call.
func (e *Engine) Ladder(context.Context, string) (gateway.Ladder, error) {
	return gateway.Ladder{}, notYet("ladder")
}
