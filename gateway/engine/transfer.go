package engine

import (
	"context"

	"callcast/gateway"
	"callcast/gateway/internal/call"
	"callcast/gateway/internal/sipua"
)

// TransferCall connects the remote party of a call with somebody else.
func (e *Engine) TransferCall(ctx context.Context, spec gateway.TransferSpec) error {
	room, err := e.calls.find(spec.CallID)
	if err != nil {
		return err
	}
	if spec.Replaces == "" {
		if spec.Target == "" {
			return gateway.Invalid(gateway.ReasonRequired, "target", "", "name whom the other side is to talk with.")
		}
		return contractOrNil(room.call.Transfer(ctx, spec.Target, nil))
	}
	if spec.Replaces == spec.CallID {
		return gateway.Invalid(gateway.ReasonChoice, "replaces", spec.Replaces, "name another call than the one to transfer.")
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
