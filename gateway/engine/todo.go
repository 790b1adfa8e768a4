package engine

import (
	"context"

	"callcast/gateway"
)

func todo() error { return &gateway.Error{Code: gateway.CodeUnavailable, Message: "not yet"} }

func (e *Engine) Dial(context.Context, gateway.CallSpec, string) (gateway.MediaAnswer, error) {
	return gateway.MediaAnswer{}, todo()
}
func (e *Engine) Register(context.Context, gateway.RegisterSpec) error     { return todo() }
func (e *Engine) Unregister(context.Context, string) error                 { return todo() }
func (e *Engine) OfferCall(context.Context, string) (string, error)        { return "", todo() }
func (e *Engine) AnswerCall(context.Context, string, string) error         { return todo() }
func (e *Engine) TransferCall(context.Context, gateway.TransferSpec) error { return todo() }
