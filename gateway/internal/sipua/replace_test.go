package sipua

import (
	"fmt"
	"testing"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// replacing is the header that names a dialog to us.
func replacing(callID, ours, theirs, more string) string {
	return "Replaces: " + callID + ";to-tag=" + ours + ";from-tag=" + theirs + more
}

// ringing dials the peer and lets two of its telephones ring, whose tags are peerTag and "fork".
func ringing(t *testing.T, a *Agent, p *peer, r *recorder) (d *Dialog, inv message) {
	t.Helper()
	d = dial(a, r, p.account())
	inv = p.expect(sip.INVITE)
	p.replyTagged(inv, 180, peerTag, "")
	require.Equal(t, 180, next[Provisional](r).Status)
	p.replyTagged(inv, 183, "fork", answer)
	require.Equal(t, 183, next[Provisional](r).Status)
	return d, inv
}

// TestCallTakesThePlaceOfACallee who has not answered: the caller is answered, and the callee rings no more.
func TestCallTakesThePlaceOfACallee(t *testing.T) {
	for name, c := range map[string]struct{ tag, flag string }{
		"the first":      {peerTag, ""},
		"another branch": {"fork", ""},
		"early only":     {peerTag, ";early-only"},
	} {
		t.Run(name, func(t *testing.T) {
			a, calls := receptionist(t)
			p, r, other, taken := udpPeer(t), newRecorder(t), udpPeer(t), newRecorder(t)
			d, inv := ringing(t, a, p, r)
			callID, ours := inv.CallID().Value(), tagOf(inv.From().Params)
			for _, wrong := range []string{
				replacing(callID, ours, "x", c.flag), replacing(callID, peerTag, ours, c.flag), replacing(callID, ours, "", c.flag),
			} {
				other.place(a, offer, wrong).hears(481)
			}
			taker := other.place(a, offer, replacing(callID, ours, c.tag, c.flag))
			in := next[Replacing](r).Call
			require.Equal(t, taker.callID, in.CallID)
			e := in.Answer([]byte(answer), taken.handle)
			d.Hangup("replaced")
			taker.hears(200)
			taker.ack("")
			require.Equal(t, Answered{Status: 200}, next[Answered](taken))
			p.reply(p.expect(sip.CANCEL), 200)
			p.reply(inv, 487)
			require.Equal(t, Ended{Text: "replaced"}, next[Ended](r))
			require.Empty(t, calls, "it is no call of its own")
			hangup(other, taken, e)
		})
	}
}

// TestCalleeAnswersAsItsPlaceIsTaken: the answer crosses our CANCEL, and is hung up on.
func TestCalleeAnswersAsItsPlaceIsTaken(t *testing.T) {
	a, _ := receptionist(t)
	p, r, other, taken := udpPeer(t), newRecorder(t), udpPeer(t), newRecorder(t)
	d, inv := ringing(t, a, p, r)
	taker := other.place(a, offer, replacing(inv.CallID().Value(), tagOf(inv.From().Params), peerTag, ""))
	e := next[Replacing](r).Call.Answer([]byte(answer), taken.handle)
	d.Hangup("replaced")
	p.expect(sip.CANCEL)
	p.replyBody(inv, 200, answer)
	p.expect(sip.ACK)
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(t, Ended{Text: "replaced"}, next[Ended](r))
	taker.hears(200)
	taker.ack("")
	next[Answered](taken)
	hangup(other, taken, e)
}

// TestPlaceOfACalleeIsGone: the callee refuses before anybody has decided, or has been given up.
func TestPlaceOfACalleeIsGone(t *testing.T) {
	for name, end := range map[string]func(p *peer, r *recorder, d *Dialog, inv message){
		"refused": func(p *peer, r *recorder, _ *Dialog, inv message) {
			p.reply(inv, 486)
			require.Equal(t, 486, next[Failed](r).Status)
		},
		"given up": func(p *peer, r *recorder, d *Dialog, inv message) {
			d.Hangup("enough")
			p.reply(p.expect(sip.CANCEL), 200)
			p.reply(inv, 487)
			next[Ended](r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			a, _ := receptionist(t)
			p, r, other := udpPeer(t), newRecorder(t), udpPeer(t)
			d, inv := ringing(t, a, p, r)
			header := replacing(inv.CallID().Value(), tagOf(inv.From().Params), peerTag, "")
			taker := other.place(a, offer, header)
			in := next[Replacing](r).Call
			end(p, r, d, inv)
			taker.hears(603)
			<-in.Gone()
			<-d.done
			other.place(a, offer, header).hears(481)
			r.silent()
		})
	}
}

// TestPlaceOfACallerIsNotTaken as long as the call rings here: whom to talk with is for the caller to say.
func TestPlaceOfACallerIsNotTaken(t *testing.T) {
	a, calls := receptionist(t)
	p, other := udpPeer(t), udpPeer(t)
	c := p.place(a, offer)
	in := <-calls
	in.Ring()
	ours := tagOf(c.hears(180).To().Params)
	for _, flag := range []string{"", ";early-only"} {
		other.place(a, offer, replacing(c.callID, ours, peerTag, flag)).hears(481)
	}
	require.Empty(t, calls)
	in.Reject(486, "")
	c.hears(486)
}

// TestPlaceIsWantedTooLate: it was free while the call was not answered, and that has happened meanwhile.
func TestPlaceIsWantedTooLate(t *testing.T) {
	a, calls := receptionist(t)
	p, r, other := udpPeer(t), newRecorder(t), udpPeer(t)
	d := dial(a, r, p.account())
	establish(p, r)
	taker := other.place(a, offer)
	require.True(t, d.post(Replacing{<-calls, true}))
	taker.hears(486)
	r.silent()
	hangup(p, r, d)
}

// TestReplacesIsForInvite.
func TestReplacesIsForInvite(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	inv := establish(p, r)
	header := replacing(inv.CallID().Value(), tagOf(inv.From().Params), peerTag, "")
	for i, method := range []sip.RequestMethod{sip.OPTIONS, sip.INFO, sip.BYE} {
		p.ask(inv, method.String(), i+1, "", header)
		p.expectStatus(method, 400)
	}
	p.ask(inv, "REFER", 4, "", "Refer-To: <sip:carol@example.com>", fmt.Sprintf("%s;early-only", header))
	p.expectStatus(sip.REFER, 400)
	r.silent()
	hangup(p, r, d)
}
