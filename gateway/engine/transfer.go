package engine

import (
	"context"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/sipua"
)

// TransferCall connects the remote party of a call with somebody else.
func (e *Engine) TransferCall(ctx context.Context, spec gateway.TransferSpec) error {
	if err := spec.Validate(); err != nil {
		return err
	}
	room, err := e.calls.find(spec.CallID)
	if err != nil {
		return err
	}
	if spec.Replaces == "" {
		return contractOrNil(room.call.Transfer(ctx, spec.Target, nil))
	}
	other, err := e.calls.find(spec.Replaces)
	if err != nil {
		return err
	}
	return contractOrNil(room.call.Transfer(ctx, spec.Target, other.call))
}

func contractOrNil(err error) error {
	if err == nil {
		return nil
	}
	return asContract(err)
}

// dialog is a dialog of the user agent as calls see it.
type dialog struct{ *sipua.Dialog }

func (d dialog) Refer(ctx context.Context, target string, other call.Dialog) error {
	instead, _ := other.(dialog)
	return d.Dialog.Refer(ctx, target, instead.Dialog)
}

// takeOver lets a caller take the place of the other side of one of our calls, as somebody told him to who knows it (RFC 3891).
func (e *Engine) takeOver(in *sipua.Incoming) {
	room := e.calls.inDialog(in.Replaces)
	if room == nil {
		in.Reject(statusNoDialog, "")
		return
	}
	e.ladder.Join(room.spec.ID, in.CallID)
	err := room.call.Replace(e.life, call.Incoming{Ringing: ringing{in}, Offer: in.SDP, Caller: callerOf(in)})
	if err != nil {
		e.log.Warn("call not taken over", "call", room.spec.ID, "from", in.From.User, "err", err)
		in.Reject(statusNotAcceptable, "")
	}
}

// inDialog is the call whose dialog began with a Call-ID.
func (c *calls) inDialog(callID string) *callRoom {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, room := range c.byID {
		if room.incoming == nil && room.spec.ID == callID || room.incoming != nil && room.incoming.signal.CallID == callID {
			return room
		}
	}
	return nil
}
