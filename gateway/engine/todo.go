package engine

import (
	"context"

	"callcast/gateway"
)

func todo() error { return &gateway.Error{Code: gateway.CodeUnavailable, Message: "not yet"} }

func (e *Engine) Publish(context.Context, gateway.PublishSpec) (gateway.MediaAnswer, error) {
	return gateway.MediaAnswer{}, todo()
}
func (e *Engine) EndStream(context.Context, string) error { return todo() }
func (e *Engine) StartPush(context.Context, gateway.PushSpec) (gateway.Push, error) {
	return gateway.Push{}, todo()
}
func (e *Engine) EndPush(context.Context, string) error                     { return todo() }
func (e *Engine) MutePush(context.Context, string, bool) error              { return todo() }
func (e *Engine) PlayIntoPush(context.Context, string, gateway.Sound) error { return todo() }
func (e *Engine) TestPush(context.Context, gateway.PushSpec) (gateway.PushTest, error) {
	return gateway.PushTest{}, todo()
}
func (e *Engine) StartPull(context.Context, gateway.PullSpec) (gateway.Pull, error) {
	return gateway.Pull{}, todo()
}
func (e *Engine) EndPull(context.Context, string) error                    { return todo() }
func (e *Engine) InjectStream(context.Context, string, string) error       { return todo() }
func (e *Engine) InjectSound(context.Context, string, gateway.Sound) error { return todo() }
func (e *Engine) EndInjection(context.Context, string) error               { return todo() }
func (e *Engine) EndSound(context.Context, string) error                   { return todo() }
