package sipua

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestRedirectIsFollowed(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	second, third := udpPeer(t), udpPeer(t)
	d := dial(a, r, p.account())
	first := p.expect(sip.INVITE)
	p.reply(first, 302, fmt.Sprintf("Contact: <sip:last@%s>;q=0.2, <sip:best@%s?Subject=x>;q=0.9", third.addr, second.addr))
	p.expect(sip.ACK)

	inv := second.expect(sip.INVITE)
	require.Equal(t, fmt.Sprintf("sip:best@%s", second.addr), inv.request().Recipient.String())
	require.Equal(t, first.From().Value(), inv.From().Value())
	require.Equal(t, first.To().Value(), inv.To().Value())
	require.Equal(t, first.CSeq().SeqNo+1, inv.CSeq().SeqNo)
	second.reply(inv, 404)

	establish(third, r)
	d.Hangup("done")
	third.reply(third.expect(sip.BYE), 200)
	next[Ended](r)
}

func TestRedirectLoopIsRefused(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	self := fmt.Sprintf("Contact: <sip:bob@%s>", p.addr)
	p.reply(p.expect(sip.INVITE), 302, self)
	require.Equal(t, Failed{Status: 302, Reason: "Status302", Cause: gateway.EndRejected}, next[Failed](r))
}

func TestRedirectsAreCounted(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	for i := range 1 + maxRedirects {
		p.reply(p.expect(sip.INVITE), 302, fmt.Sprintf("Contact: <sip:bob%d@%s>", i, p.addr))
	}
	require.Equal(t, 302, next[Failed](r).Status)
	p.expectNothing(sip.INVITE, 2*testT1)
}
