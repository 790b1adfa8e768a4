package sipua

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emiago/sipgo/sip"
	"github.com/stretchr/testify/require"
)

// kept runs a lease in virtual time until it ends, or for so long, and returns when each thing happened.
func kept(t *testing.T, first tenure, length time.Duration, renew func(n int, l *lease)) (renewals []time.Duration, expiry time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l, start := newLease(), time.Now()
		done := make(chan struct{})
		stop := time.AfterFunc(length, func() { close(done) })
		defer stop.Stop()
		l.grant(first)
		l.keep(done,
			func() { renewals = append(renewals, time.Since(start)); renew(len(renewals), l) },
			func() { expiry = time.Since(start) })
	})
	return renewals, expiry
}

func TestWeRenewAtHalf(t *testing.T) {
	ours := tenure{30 * time.Minute, true}
	renewals, expiry := kept(t, ours, 70*time.Minute, func(_ int, l *lease) { l.grant(ours) })
	require.Equal(t, []time.Duration{15 * time.Minute, 30 * time.Minute, 45 * time.Minute, time.Hour}, renewals)
	require.Zero(t, expiry)
}

func TestRenewalIsTriedAgainUntilTheSessionIsOver(t *testing.T) {
	renewals, expiry := kept(t, tenure{90 * time.Second, true}, time.Hour, func(int, *lease) {})
	require.Greater(t, len(renewals), 2)
	require.Equal(t, 45*time.Second, renewals[0])
	require.GreaterOrEqual(t, expiry, 60*time.Second)
	require.Less(t, expiry, 62*time.Second)
}

// TestRenewalThatTakesLong counts from when it is agreed to, and not from when it was asked for.
func TestRenewalThatTakesLong(t *testing.T) {
	ours := tenure{90 * time.Second, true}
	for range 20 { // what has come about at the same time is looked at in any order
		renewals, expiry := kept(t, ours, 3*time.Minute, func(_ int, l *lease) {
			time.Sleep(20 * time.Second) // beyond the limit of 60 s
			l.grant(ours)
		})
		require.Equal(t, []time.Duration{45 * time.Second, 110 * time.Second, 175 * time.Second}, renewals)
		require.Zero(t, expiry)
	}
}

func TestSessionOfAnotherEndsBeforeItsTime(t *testing.T) {
	for interval, end := range map[time.Duration]time.Duration{
		30 * time.Minute: 30*time.Minute - 32*time.Second,
		90 * time.Second: 60 * time.Second,
	} {
		renewals, expiry := kept(t, tenure{interval, false}, time.Hour, nil)
		require.Empty(t, renewals)
		require.Equal(t, end, expiry)
	}
}

func TestOtherSideTakesOverTheRenewal(t *testing.T) {
	renewals, expiry := kept(t, tenure{100 * time.Second, true}, time.Hour, func(_ int, l *lease) { l.grant(tenure{300 * time.Second, false}) })
	require.Equal(t, []time.Duration{50 * time.Second}, renewals)
	require.Equal(t, 50*time.Second+268*time.Second, expiry)
}

func TestSessionWithoutATimerStands(t *testing.T) {
	renewals, expiry := kept(t, tenure{}, 48*time.Hour, nil)
	require.Empty(t, renewals)
	require.Zero(t, expiry)
}

func TestSessionExpiresIsRead(t *testing.T) {
	for text, want := range map[string]struct {
		interval  time.Duration
		refresher string
		ok        bool
	}{
		"90":                         {90 * time.Second, "", true},
		" 1800 ; Refresher = UAC ":   {30 * time.Minute, "uac", true},
		"60;x=y;refresher=uas;z":     {time.Minute, "uas", true},
		"0":                          {},
		"":                           {},
		"-5":                         {},
		"99999999999":                {},
		"2000000000;refresher=other": {24 * time.Hour, "other", true},
	} {
		req := sip.NewRequest(sip.UPDATE, sip.Uri{Host: "h"})
		req.AppendHeader(sip.NewHeader("x", text))
		interval, refresher, ok := sessionExpires(req)
		require.Equal(t, want.interval, interval, text)
		require.Equal(t, want.refresher, refresher, text)
		require.Equal(t, want.ok, ok, text)
	}
}

func TestTooFastATimerIsRaised(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	d := dial(a, r, p.account())
	p.reply(p.expect(sip.INVITE), 422, "Min-SE: 3600")
	inv := p.expect(sip.INVITE)
	require.Equal(t, "3600", header(inv, "Session-Expires").Value())
	require.Equal(t, "3600", header(inv, "Min-SE").Value())
	p.replyBody(inv, 200, answer, "Session-Expires: 4000;refresher=uas")
	p.expect(sip.ACK)
	next[Answered](r)
	require.Equal(t, tenure{4000 * time.Second, false}, d.lease.current())

	p.ask(inv, "UPDATE", 1, "", "Supported: timer", "Session-Expires: 30")
	require.Equal(t, "90", header(p.expectStatus(sip.UPDATE, 422), "Min-SE").Value())
	p.ask(inv, "UPDATE", 2, "", "Supported: timer", "Session-Expires: 120;refresher=uas")
	res := p.expectStatus(sip.UPDATE, 200)
	require.Equal(t, "120;refresher=uas", header(res, "Session-Expires").Value())
	require.Equal(t, "timer", header(res, "Require").Value())
	require.Equal(t, tenure{120 * time.Second, true}, d.lease.current())
	hangup(p, r, d)
}

// TestTimerIsNotRaisedForEver: a callee who asks for a little more each time is not called again and again.
func TestTimerIsNotRaisedForEver(t *testing.T) {
	a, p, r := startAgent(t), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	for n := range maxRaises + 1 {
		p.reply(p.expect(sip.INVITE), 422, fmt.Sprintf("Min-SE: %d", 100+n))
	}
	require.Equal(t, 422, next[Failed](r).Status)
	p.expectNothing(sip.INVITE, 2*testT1)
}

// hangup ends an established call from our side.
func hangup(p *peer, r *recorder, d *Dialog) {
	p.t.Helper()
	d.Hangup("done")
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(p.t, Ended{Text: "done"}, next[Ended](r))
}

func TestSessionIsRenewed(t *testing.T) {
	for allow, method := range map[string]sip.RequestMethod{"INVITE, BYE": sip.INVITE, "INVITE, UPDATE": sip.UPDATE} {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			a, p, r := startAgent(t, fastLease), udpPeer(t), newRecorder(t)
			d := dial(a, r, p.account())
			inv := p.expect(sip.INVITE)
			require.Equal(t, "6", header(inv, "Session-Expires").Value())
			p.replyBody(inv, 200, answer, "Session-Expires: 6;refresher=uac", "Allow: "+allow)
			p.expect(sip.ACK)
			next[Answered](r)
			for range 2 {
				m := p.expect(method)
				require.Equal(t, "6;refresher=uac", header(m, "Session-Expires").Value())
				require.Equal(t, peerTag, tagOf(m.To().Params))
				if method == sip.INVITE {
					require.Equal(t, offer, string(m.Body()), "the same offer again")
					p.replyBody(m, 200, answer, "Session-Expires: 6;refresher=uac")
					p.expect(sip.ACK)
					require.Equal(t, answer, string(next[Refreshed](r).SDP))
				} else {
					require.Empty(t, m.Body())
					p.reply(m, 200, "Session-Expires: 6;refresher=uac")
				}
			}
			hangup(p, r, d)
		})
	}
}

// fastLease asks for sessions of six seconds. From the renewal, when three are over, one is left until the session is.
func fastLease(a *Agent) { a.params.SessionExpires, a.params.MinSE = 6*time.Second, time.Second }

func TestSessionThatIsNotRenewedIsLeft(t *testing.T) {
	a, p, r := startAgent(t, fastLease), udpPeer(t), newRecorder(t)
	dial(a, r, p.account())
	p.replyBody(p.expect(sip.INVITE), 200, answer, "Session-Expires: 1;refresher=uas")
	p.expect(sip.ACK)
	next[Answered](r)
	p.reply(p.expect(sip.BYE), 200)
	require.Equal(t, Ended{Text: "the session was not refreshed"}, next[Ended](r))
}
