package sipua

import (
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

const qop = `, qop="auth-int, auth"`

func TestInviteMeetsAChallenge(t *testing.T) {
	for _, c := range []struct {
		name              string
		status            int
		ask, answer       string
		challenges        []string
		algorithm, useQOP string
	}{
		{"401 MD5 without qop", 401, "WWW-Authenticate: ", "Authorization", []string{challenge("r", "n1", "MD5", "")}, "MD5", ""},
		{"401 MD5 with qop", 401, "WWW-Authenticate: ", "Authorization", []string{challenge("r", "n1", "MD5", qop)}, "MD5", "auth"},
		{"407 MD5", 407, "Proxy-Authenticate: ", "Proxy-Authorization", []string{challenge("r", "n1", "MD5", qop)}, "MD5", "auth"},
		{"SHA-256", 401, "WWW-Authenticate: ", "Authorization", []string{challenge("r", "n1", "SHA-256", qop)}, "SHA-256", "auth"},
		{
			"SHA-256 before MD5", 401, "WWW-Authenticate: ", "Authorization",
			[]string{challenge("r", "n1", "MD5", qop), challenge("r", "n2", "SHA-256", qop)},
			"SHA-256", "auth",
		},
		{
			"unknown algorithm passed over", 401, "WWW-Authenticate: ", "Authorization",
			[]string{challenge("r", "n1", "AKAv1-MD5", ""), challenge("r", "n2", "MD5", "")},
			"MD5", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
			acc := p.account()
			acc.AuthName = "auth-name"
			d := dial(a, r, acc)
			inv := p.expect(sip.INVITE)
			require.Empty(t, inv.GetHeaders(c.answer))
			var headers []string
			for _, ch := range c.challenges {
				headers = append(headers, c.ask+ch)
			}
			p.reply(inv, c.status, headers...)
			p.expect(sip.ACK)
			second := p.expect(sip.INVITE)
			require.Equal(t, inv.CSeq().SeqNo+1, second.CSeq().SeqNo)
			require.Equal(t, inv.From().Value(), second.From().Value())
			got := verify(t, second, c.answer, "secret")
			require.Equal(t, "auth-name", got.Username)
			require.Equal(t, c.algorithm, got.Algorithm)
			require.Equal(t, c.useQOP, got.QOP)
			p.replyBody(second, 200, answer)
			verifyCopied(t, second, p.expect(sip.ACK), c.answer)
			next[Answered](r)
			d.Hangup("done")
			bye := p.expect(sip.BYE)
			if again := verify(t, bye, c.answer, "secret"); c.useQOP != "" {
				require.Equal(t, 2, again.Nc)
			}
			p.reply(bye, 200)
			next[Ended](r)
		})
	}
}

func verifyCopied(t *testing.T, from, to message, header string) {
	t.Helper()
	require.Len(t, to.GetHeaders(header), 1)
	require.Equal(t, from.GetHeaders(header)[0].Value(), to.GetHeaders(header)[0].Value())
}

func TestProxyAndCalleeBothChallenge(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	p.reply(p.expect(sip.INVITE), 407, "Proxy-Authenticate: "+challenge("proxy", "p1", "MD5", qop))
	second := p.expect(sip.INVITE)
	verify(t, second, "Proxy-Authorization", "secret")
	p.reply(second, 401, "WWW-Authenticate: "+challenge("callee", "c1", "MD5", ""))
	third := p.expect(sip.INVITE)
	require.Equal(t, 2, verify(t, third, "Proxy-Authorization", "secret").Nc)
	require.Equal(t, "callee", verify(t, third, "Authorization", "secret").Realm)
	p.reply(third, 404)
	require.Equal(t, 404, next[Failed](r).Status)
}

func TestStaleNonceIsRetried(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	p.reply(p.expect(sip.INVITE), 401, "WWW-Authenticate: "+challenge("r", "old", "MD5", qop))
	p.reply(p.expect(sip.INVITE), 401, "WWW-Authenticate: "+challenge("r", "new", "MD5", qop+", stale=true"))
	third := p.expect(sip.INVITE)
	got := verify(t, third, "Authorization", "secret")
	require.Equal(t, "new", got.Nonce)
	require.Equal(t, 1, got.Nc)
	p.reply(third, 486)
	require.Equal(t, gateway.EndBusy, next[Failed](r).Cause)
}

func TestWrongPassword(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	for _, nonce := range []string{"n1", "n2", "n3"} {
		p.reply(p.expect(sip.INVITE), 401, "WWW-Authenticate: "+challenge("r", nonce, "MD5", qop))
	}
	failed := next[Failed](r)
	require.Equal(t, 401, failed.Status)
	require.Equal(t, gateway.EndAuth, failed.Cause)
	require.Contains(t, failed.Reason, errRefused.Error())
	p.expectNothing(sip.INVITE, 3*testT1)
}

func TestForbiddenAfterCredentials(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	p.reply(p.expect(sip.INVITE), 401, "WWW-Authenticate: "+challenge("r", "n1", "MD5", ""))
	p.reply(p.expect(sip.INVITE), 403)
	require.Equal(t, Failed{Status: 403, Reason: "Status403", Cause: gateway.EndAuth}, next[Failed](r))
}

func TestNoPasswordNoAnswerToAChallenge(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	acc := p.account()
	acc.Password = ""
	dial(a, r, acc)
	p.reply(p.expect(sip.INVITE), 407, "Proxy-Authenticate: "+challenge("r", "n1", "MD5", ""))
	failed := next[Failed](r)
	require.Equal(t, gateway.EndAuth, failed.Cause)
	require.Equal(t, 407, failed.Status)
	p.expectNothing(sip.INVITE, 3*testT1)
}

func TestByeMeetsAChallenge(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	establish(p, r)
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 407, "Proxy-Authenticate: "+challenge("r", "n1", "MD5", qop))
	bye := p.expect(sip.BYE)
	verify(t, bye, "Proxy-Authorization", "secret")
	p.reply(bye, 200)
	require.Equal(t, Ended{Text: "done"}, next[Ended](r))
}
