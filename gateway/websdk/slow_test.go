package websdk

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// slow is a gateway that takes its time to dial and to hold.
type slow struct {
	gateway.API
	asked chan string
	done  chan struct{}
}

func (s slow) Dial(ctx context.Context, spec gateway.CallSpec, offer string) (gateway.MediaAnswer, error) {
	answer, err := s.API.Dial(ctx, spec, offer)
	s.asked <- "dial"
	select {
	case <-s.done:
	case <-ctx.Done(): // the call has come about all the same
	}
	return answer, err
}

func (s slow) HoldCall(ctx context.Context, id string, hold bool) error {
	s.asked <- "hold"
	select {
	case <-s.done:
		return s.API.HoldCall(ctx, id, hold)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// TestHangupWhileDialling: a call that comes about all the same is hung up.
func TestHangupWhileDialling(t *testing.T) {
	fake := gatewaytest.New()
	api := slow{fake, make(chan string, 1), make(chan struct{})}
	_, addr := serve(t, api, defaultLimits())
	p := phoned(t, addr)
	p.say(callMessage("K", "1001"))
	p.expectCall("notifyTryingResponse", "K", gateway.CallTrying, "")
	<-api.asked
	change(fake, "K", func(c *gateway.Call) { c.Status = gateway.CallRing })
	p.expectNothing() // its answer comes first
	p.say(about("hangup", "K"))
	for name, data := p.hear(); name != "finish"; name, data = p.hear() {
		require.Equal(t, "ring", name, data)
	}
	p.expectNothing()
	require.Equal(t, []string{"K"}, fake.Ended())
}

// TestSlowHoldHoldsUpNothingElse: neither other calls nor a hangup.
func TestSlowHoldHoldsUpNothingElse(t *testing.T) {
	fake := gatewaytest.New()
	api := slow{fake, make(chan string, 2), make(chan struct{})}
	_, addr := serve(t, api, defaultLimits())
	go func() { api.done <- struct{}{}; api.done <- struct{}{} }()
	p := phoned(t, addr)
	p.establish(fake, "K")
	p.establish(fake, "L")
	<-api.asked
	<-api.asked
	p.say(about("hold", "K"))
	require.Equal(t, "hold", <-api.asked)
	for range maxTasks {
		p.say(`{"message":"sendDtmf","data":[{"callId":"K","dtmf":1}]}`)
	}
	p.expectNothing()
	p.say(`{"message":"sendDtmf","data":[{"callId":"K","dtmf":1}]}`)
	p.expect("fail", `[{"apiMethod":"sendDtmf","id":"K","status":"FAILED","info":"too many requests wait for this call: wait until it has answered"}]`)
	p.say(`{"message":"sendDtmf","data":[{"callId":"L","dtmf":7}]}`)
	require.Eventually(t, func() bool { return len(fake.DTMFs()) == 1 }, patience, time.Millisecond)
	require.Equal(t, "L", fake.DTMFs()[0].CallID)
	p.say(about("hangup", "K"))
	p.expectCall("finish", "K", gateway.CallFinish, "")
	p.expectNothing()
}

func TestHold(t *testing.T) {
	fake := gatewaytest.New()
	_, addr := serve(t, fake, defaultLimits())
	p := phoned(t, addr)
	p.establish(fake, "K")
	change(fake, "K", func(c *gateway.Call) { c.Status, c.Held.Remote = gateway.CallHold, true })
	p.expectCall("hold", "K", gateway.CallHold, "")
	p.say(`{"message":"hold","data":[{"callId":"K","holdForTransfer":true}]}`)
	p.expectCall("hold", "K", gateway.CallHold, "") // though nothing changed for it
	p.say(about("hold", "K"))
	p.expectCall("hold", "K", gateway.CallHold, "")
	p.expectNothing()
	p.say(about("unhold", "K"))
	p.expectCall("hold", "K", gateway.CallHold, "") // by the other side
	p.expectNothing()

	refusal := &gateway.Error{Reason: gateway.ReasonHoldRefused, Message: "the other side does not agree"}
	fake.RefuseFunc = func(string) error { return refusal }
	p.say(about("unhold", "K"))
	p.expectCall("hold", "K", gateway.CallHold, "")
	p.expect("fail", `[{"apiMethod":"unhold","id":"K","status":"FAILED","info":"the other side does not agree"}]`)
	p.expectNothing()
}
