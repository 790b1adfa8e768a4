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
