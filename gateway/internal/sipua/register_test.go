package sipua

import (
	"context"
	"testing"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func register(t *testing.T, a *Agent, acc gateway.Account) <-chan error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- a.Register(t.Context(), acc) }()
	return done
}

// closeNow closes the agent while the peer answers its un-REGISTER.
func closeNow(t *testing.T, a *Agent, p *peer) message {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- a.Close(context.Background()) }()
	m := p.expect(sip.REGISTER)
	p.reply(m, 200)
	require.NoError(t, <-done)
	return m
}

func TestRegisterRefreshUnregister(t *testing.T) {
	for _, start := range []func(*testing.T) *peer{udpPeer, tcpPeer} {
		a, p := startAgent(t), start(t)
		acc := p.account()
		done := register(t, a, acc)
		first := p.expect(sip.REGISTER)
		require.Equal(t, "sip:"+p.addr.String(), first.request().Recipient.String())
		require.Equal(t, "<sip:alice@127.0.0.1>", first.To().Value())
		require.Equal(t, "60", first.GetHeaders("Expires")[0].Value())
		p.reply(first, 401, "WWW-Authenticate: "+challenge("r", "n1", "MD5", qop))
		second := p.expect(sip.REGISTER)
		verify(t, second, "Authorization", "secret")
		p.reply(second, 200, "Contact: <sip:other@10.0.0.1>;expires=3000, "+second.request().Contact().Value()+";expires=2")
		require.NoError(t, <-done)
		require.NoError(t, a.Register(t.Context(), acc), "an account that is registered needs no REGISTER")

		refresh := p.expect(sip.REGISTER)
		require.Equal(t, first.CallID().Value(), refresh.CallID().Value())
		require.Greater(t, refresh.CSeq().SeqNo, second.CSeq().SeqNo)
		p.reply(refresh, 200, "Expires: 60")

		last := closeNow(t, a, p)
		require.Equal(t, "0", last.GetHeaders("Expires")[0].Value())
		require.Equal(t, first.request().Contact().Value(), last.request().Contact().Value())
	}
}

func TestEqualAccountsShareARegistration(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	one, two := register(t, a, p.account()), register(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 200)
	require.NoError(t, <-one)
	require.NoError(t, <-two)
	p.expectNothing(sip.REGISTER, 2*testT1)
	closeNow(t, a, p)
}

func TestRegisterRefused(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	for range 2 { // nothing is kept of a failure: the next call tries anew
		done := register(t, a, p.account())
		p.reply(p.expect(sip.REGISTER), 403)
		var e *RegisterError
		require.ErrorAs(t, <-done, &e)
		require.Equal(t, RegisterError{Status: 403, Reason: "Status403"}, *e)
	}
	p.expectNothing(sip.REGISTER, 3*testT1)
}

func TestRegisterWrongPassword(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	done := register(t, a, p.account())
	for _, nonce := range []string{"1", "2", "3"} {
		p.reply(p.expect(sip.REGISTER), 401, "WWW-Authenticate: "+challenge("r", nonce, "MD5", ""))
	}
	err := <-done
	require.ErrorIs(t, err, errRefused)
	require.NotContains(t, err.Error(), "secret")
}

func TestRegisterIntervalTooBrief(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	done := register(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 423, "Min-Expires: 1800")
	again := p.expect(sip.REGISTER)
	require.Equal(t, "1800", again.GetHeaders("Expires")[0].Value())
	p.reply(again, 200)
	require.NoError(t, <-done)
	closeNow(t, a, p)
}

func TestLostRegistrationComesBack(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	done := register(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 200, "Expires: 2")
	require.NoError(t, <-done)
	p.reply(p.expect(sip.REGISTER), 503)
	p.reply(p.expect(sip.REGISTER), 503)
	p.reply(p.expect(sip.REGISTER), 200, "Expires: 60")
	require.NoError(t, a.Register(t.Context(), p.account()))
	closeNow(t, a, p)
}

func TestSilentRegistrar(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	done := register(t, a, p.account())
	p.expect(sip.REGISTER)
	var e *RegisterError
	require.ErrorAs(t, <-done, &e)
	require.Zero(t, e.Status)
	require.ErrorIs(t, e, sip.ErrTransactionTimeout)
}

func TestCloseDoesNotWaitForASilentRegistrar(t *testing.T) {
	a, p := startAgent(t), udpPeer(t)
	done := register(t, a, p.account())
	p.reply(p.expect(sip.REGISTER), 200)
	require.NoError(t, <-done)
	start := time.Now()
	require.NoError(t, a.Close(t.Context()))
	require.Less(t, time.Since(start), 64*testT1)
}

func TestOutboundProxy(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	acc := gateway.Account{Login: "gw", Domain: "sip.test", OutboundProxy: p.addr.String(), Port: 1}
	done := register(t, a, acc)
	m := p.expect(sip.REGISTER)
	require.Equal(t, "sip:sip.test", m.request().Recipient.String())
	require.Equal(t, "<sip:"+p.addr.String()+";lr>", m.request().Route().Value())
	p.reply(m, 403)
	require.Error(t, <-done)

	dial(a, r, acc)
	inv := p.expect(sip.INVITE)
	require.Equal(t, "sip:bob@sip.test", inv.request().Recipient.String())
	require.Equal(t, "<sip:"+p.addr.String()+";lr>", inv.request().Route().Value())
	p.reply(inv, 404)
	require.Len(t, p.expect(sip.ACK).GetHeaders("Route"), 1)
	next[Failed](r)
}
