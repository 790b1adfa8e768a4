package engine

import (
	"context"
	"fmt"

	"callcast/gateway"
)

// Ladder is the SIP messages of a call.
func (e *Engine) Ladder(_ context.Context, callID string) (gateway.Ladder, error) {
	l, known := e.ladder.Of(callID)
	if !known {
		return l, &gateway.Error{
			Code: gateway.CodeNotFound, Reason: gateway.ReasonCallNotFound, Field: "callId", Value: callID,
			Message: fmt.Sprintf("callId %q: there is no such call, and none with this id ended lately.", callID),
		}
	}
	return l, nil
}

// dialog is the call's SIP Call-ID.
func (p callPlan) dialog() string {
	if p.incoming != nil {
		return p.incoming.signal.CallID
	}
	return p.spec.ID
}
