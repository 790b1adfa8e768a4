package gatewaytest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestRegistrations(t *testing.T) {
	f := gatewaytest.New()
	s := f.Subscribe()
	defer s.Close()
	next(t, s)
	r := gateway.RegisterSpec{ID: "r", Account: spec("a").Account}
	require.NoError(t, f.Register(t.Context(), r))
	require.Equal(t, gateway.RegistrationPending, next(t, s)[0].Registration.Status)
	require.Equal(t, gateway.ReasonRegistrationExists, reason(t, f.Register(t.Context(), r)))
	require.Equal(t, gateway.ReasonRequired, reason(t, f.Register(t.Context(), gateway.RegisterSpec{ID: "x"})))
	require.NoError(t, f.Unregister(t.Context(), "r"))
	require.True(t, next(t, s)[0].Removed)
	require.Equal(t, gateway.ReasonRegistrationMissing, reason(t, f.Unregister(t.Context(), "r")))
}

func TestTelephone(t *testing.T) {
	f := gatewaytest.New()
	answer, err := f.Dial(t.Context(), spec("out"), "offer")
	require.NoError(t, err)
	require.Equal(t, "out", answer.ID)
	require.Equal(t, []gatewaytest.Dialed{{Spec: spec("out"), Offer: "offer"}}, f.Dialed())
	_, err = f.OfferCall(t.Context(), "out")
	require.Equal(t, gateway.ReasonNotRinging, reason(t, err))
	_, err = f.OfferCall(t.Context(), "none")
	require.Equal(t, gateway.ReasonCallNotFound, reason(t, err))

	f.SetCall(gateway.Call{ID: "in", Incoming: true, Status: gateway.CallRing, Held: gateway.Held{Remote: true}})
	_, err = f.OfferCall(t.Context(), "in")
	require.NoError(t, err)
	require.NoError(t, f.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: "in", SDP: "answer"}))
	require.Equal(t, gateway.ReasonNotRinging, reason(t, f.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: "in", SDP: "answer"})))
	_, err = f.OfferCall(t.Context(), "in")
	require.NoError(t, err, "to another browser")
	require.NoError(t, f.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: "in", SDP: "answer"}))
	in := f.Snapshot().Calls[1]
	require.Equal(t, gateway.CallEstablished, in.Status)
	require.True(t, in.Browser)
	require.NoError(t, f.HoldCall(t.Context(), "in", false))
	require.Equal(t, gateway.CallHold, f.Snapshot().Calls[1].Status, "the other side holds it")

	f.RefuseFunc = func(verb string) error {
		return &gateway.Error{Reason: verb}
	}
	_, err = f.Dial(t.Context(), spec("more"), "offer")
	require.Equal(t, "Dial", reason(t, err))
	require.Equal(t, "TransferCall", reason(t, f.TransferCall(t.Context(), gateway.TransferSpec{CallID: "in", Target: "x"})))
	require.Equal(t, []gateway.TransferSpec{{CallID: "in", Target: "x"}}, f.Transfers())
}

func reason(t *testing.T, err error) string {
	t.Helper()
	var refused *gateway.Error
	require.ErrorAs(t, err, &refused)
	return refused.Reason
}
