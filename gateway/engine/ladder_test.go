package engine

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/demophone"
)

// rungs are the first words of each message, with an arrow.
func rungs(l gateway.Ladder) []string {
	var all []string
	for _, m := range l.Messages {
		arrow := "< "
		if m.Sent {
			arrow = "> "
		}
		words := strings.Fields(strings.TrimPrefix(m.Start, "SIP/2.0 "))
		all = append(all, arrow+words[0])
	}
	return all
}

// requireRungs finds messages of a call, one after the other.
func requireRungs(t *testing.T, e *Engine, id string, want ...string) {
	t.Helper()
	l, err := e.Ladder(t.Context(), id)
	require.NoError(t, err)
	left := want
	for _, rung := range rungs(l) {
		if len(left) > 0 && rung == left[0] {
			left = left[1:]
		}
	}
	require.Empty(t, left, "%v in %v", want, rungs(l))
}

func TestLadder(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	_, err := e.Ladder(t.Context(), "c1")
	requireRefusal(t, err, gateway.CodeNotFound, gateway.ReasonCallNotFound)

	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	events.await(t, "c1", established)
	require.NoError(t, e.SendDTMF(t.Context(), "c1", gateway.DTMF{Digits: "7", Type: gateway.DTMFInfoRelay}))
	require.Eventually(t, func() bool {
		l, err := e.Ladder(t.Context(), "c1")
		require.NoError(t, err)
		return strings.Contains(strings.Join(rungs(l), " "), "> INFO < 200")
	}, patience, 10*time.Millisecond)
	require.NoError(t, e.EndCall(t.Context(), "c1"))
	events.await(t, "c1", removed)

	l, err := e.Ladder(t.Context(), "c1")
	require.NoError(t, err)
	got := rungs(l)
	require.Equal(t, "> INVITE", got[0])
	require.Equal(t, []string{"> BYE", "< 200"}, got[len(got)-2:])
	require.Subset(t, got, []string{"< 200", "> ACK", "> INFO"})
	require.Contains(t, l.Messages[0].SDP, "m=audio")
	require.Equal(t, gateway.TransportUDP, l.Messages[0].Transport)
	require.Equal(t, phone.URI()[strings.Index(phone.URI(), "@")+1:], l.Messages[0].Remote)
	for _, m := range l.Messages {
		require.NotContains(t, m.Text, "Signal=7")
	}
}

// TestLadderOfACallThatComesIn: its INVITE arrived before anybody knew of the call.
func TestLadderOfACallThatComesIn(t *testing.T) {
	here, address := desk(t)
	there := start(t, loopback())
	atHome := follow(t, here)
	id := ring(t, here, func(to string) {
		require.NoError(t, there.StartCall(t.Context(), outgoing("c1", to)))
	}, address)
	require.NoError(t, here.EndCall(t.Context(), id))
	atHome.await(t, id, removed)
	require.Eventually(t, func() bool {
		l, err := here.Ladder(t.Context(), id)
		require.NoError(t, err)
		got := rungs(l)
		return got[0] == "< INVITE" && strings.HasSuffix(strings.Join(got, " "), "> 180 > 486 < ACK")
	}, patience, 10*time.Millisecond)
}

func TestLadderHasTheRegistrationMadeForTheCall(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{Reject: 486})
	events := follow(t, e)
	s := spec("c1", phone)
	s.Account = newRegistrar(t).account("operator")
	s.Account.Register = true
	require.NoError(t, e.StartCall(t.Context(), s))
	events.await(t, "c1", removed)
	l, err := e.Ladder(t.Context(), "c1")
	require.NoError(t, err)
	got := rungs(l)
	require.Equal(t, []string{"> REGISTER", "< 200", "> INVITE"}, got[:3])
	require.Equal(t, []string{"< 486", "> ACK"}, got[len(got)-2:])
}
