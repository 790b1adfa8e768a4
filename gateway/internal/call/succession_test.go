package call

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// wish is a referral as the far side sees it.
type wish struct {
	mu       sync.Mutex // guards what follows
	accepted bool
	rejected int
	notified []int
}

func (w *wish) referral(target string) Referral {
	locked := func(do func()) {
		w.mu.Lock()
		defer w.mu.Unlock()
		do()
	}
	return Referral{
		Target: target,
		Accept: func() { locked(func() { w.accepted = true }) },
		Reject: func(status int) { locked(func() { w.rejected = status }) },
		Notify: func(status int, _ string) { locked(func() { w.notified = append(w.notified, status) }) },
	}
}

// running is an established call of a test.
func running(t *testing.T, s *scene) {
	t.Helper()
	s.phone.next = &phone{}
	go s.Run(context.Background())
	synctest.Wait()
	s.OnAnswered(200, nil)
	synctest.Wait()
}

func TestOneReferralAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		s.phone.next = &phone{}
		go s.Run(context.Background())
		synctest.Wait()
		early, first, second := &wish{}, &wish{}, &wish{}
		s.OnReferred(early.referral("carol"))
		s.OnAnswered(200, nil)
		s.OnReferred(first.referral("carol"))
		s.OnReferred(second.referral("dave"))
		synctest.Wait()
		require.Equal(t, 603, early.rejected, "the call is not established yet")
		require.True(t, first.accepted)
		require.Equal(t, 491, second.rejected)
		require.Equal(t, []string{"carol with an offer of its own"}, s.phone.followed)
		require.ErrorContains(t, s.Hold(t.Context(), true), "another change is under way", "whoever would be held may be gone")

		s.Hangup(gateway.EndLocal)
		synctest.Wait()
		require.Equal(t, []string{"local"}, s.phone.next.hangups, "who is being called is not wanted any more")
		require.Equal(t, []string{"local"}, s.phone.hangups)
		s.OnEnded(false, "")
		<-s.Done()
	})
}

func TestReferralThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newScene(t, nil), &wish{}
		running(t, s)
		s.OnReferred(w.referral("carol"))
		synctest.Wait()
		next := s.trial.leg
		next.OnProvisional(180, nil)
		next.OnFailed(486, gateway.EndBusy, "486 Busy Here")
		next.OnFailed(486, gateway.EndBusy, "again, of no interest")
		synctest.Wait()
		require.Equal(t, []int{180, 486}, w.notified)
		require.Equal(t, gateway.CallEstablished, s.statuses()[len(s.statuses())-1])
		require.Empty(t, s.phone.hangups)
		require.NoError(t, s.Hold(t.Context(), true))
		s.OnEnded(true, "")
		<-s.Done()
	})
}

func TestReferralThatSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := newScene(t, nil), &wish{}
		running(t, s)
		s.OnReferred(w.referral("carol"))
		synctest.Wait()
		next := s.trial.leg
		next.OnAnswered(200, []byte("carol's inline:key\r\n"))
		s.OnEnded(true, "the far side has left: that is no end any more")
		synctest.Wait()
		require.Equal(t, []int{200}, w.notified)
		last := s.told[len(s.told)-1]
		require.Equal(t, gateway.CallEstablished, last.Status)
		require.Equal(t, "carol", last.Callee)
		require.Equal(t, "carol's inline:***\r\n", last.SDP)
		next.OnEnded(true, "")
		<-s.Done()
		require.Equal(t, gateway.EndRemote, s.told[len(s.told)-1].Ending.Reason)
	})
}

// TestReferralThatIsNotFollowed: who came in by no registration cannot have us call anybody, nor can others if so configured.
func TestReferralThatIsNotFollowed(t *testing.T) {
	for _, change := range []func(*Params){
		func(p *Params) { p.Incoming.Registration = "" },
		func(p *Params) { p.Stays = true },
	} {
		live(t, func(s *scene, p *Params) {
			incoming("their offer")(s, p)
			change(p)
		}, func(t *testing.T, s *scene) {
			require.NoError(t, s.Take(false, Publication{}))
			s.OnAnswered(200, nil)
			w := &wish{}
			s.OnReferred(w.referral("carol"))
			synctest.Wait()
			require.Equal(t, gateway.CallEstablished, s.last().Status)
			require.Equal(t, 603, w.rejected)
			s.OnEnded(true, "")
		})
	}
}

// TestWhoTakesTheOthersPlace is shown without the keys of the media.
func TestWhoTakesTheOthersPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, caller := newScene(t, nil), &phone{}
		running(t, s)
		s.OnReplaced(Incoming{Ringing: caller, Offer: []byte("dave's inline:key\r\n"), Caller: "dave"})
		synctest.Wait()
		require.Equal(t, []string{"replaced"}, s.phone.hangups)
		require.Equal(t, []string{"answer to dave's inline:key\r\n"}, caller.answers)
		last := s.told[len(s.told)-1]
		require.Equal(t, "dave", last.Callee)
		require.Equal(t, "dave's inline:***\r\n", last.SDP)
		s.leg.OnEnded(true, "")
		<-s.Done()
	})
}

// TestWhoTakesThePlaceOfACallee who has not answered: the call is theirs once they have acknowledged our answer.
func TestWhoTakesThePlaceOfACallee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, pickup := newScene(t, nil), &phone{}
		go s.Run(context.Background())
		synctest.Wait()
		s.OnProvisional(183, []byte("early media"))
		s.OnProvisional(180, nil)
		s.OnReplaced(Incoming{Ringing: pickup, Offer: []byte("offer"), Caller: "pickup"})
		s.OnFailed(487, gateway.EndRejected, "487 Request Terminated") // the CANCEL
		synctest.Wait()
		require.Equal(t, []string{"replaced"}, s.phone.hangups)
		require.Equal(t, []string{"answer to offer"}, pickup.answers)
		require.Equal(t, gateway.CallRingMedia, s.last().Status)
		s.leg.OnAnswered(200, nil)
		synctest.Wait()
		require.Equal(t, gateway.CallEstablished, s.last().Status)
		require.Equal(t, "pickup", s.last().Callee)
		require.NoError(t, s.Hold(t.Context(), true))
		s.leg.OnEnded(true, "")
		<-s.Done()
		require.Equal(t, gateway.EndRemote, s.last().Ending.Reason)
	})
}

// TestWhoTakesThePlaceOfSomebodyNamed to us who has not answered: whoever named them has what they wished for, and if they have
// left meanwhile the call goes on just as well.
func TestWhoTakesThePlaceOfSomebodyNamed(t *testing.T) {
	for _, left := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, pickup, w := newScene(t, nil), &phone{}, &wish{}
			running(t, s)
			s.OnReferred(w.referral("carol"))
			synctest.Wait()
			carol := s.trial.leg
			carol.OnProvisional(180, nil)
			if left {
				s.OnEnded(true, "")
			}
			carol.OnReplaced(Incoming{Ringing: pickup, Offer: []byte("offer"), Caller: "pickup"})
			carol.OnFailed(487, gateway.EndRejected, "487 Request Terminated")
			s.OnEnded(false, "transferred")
			synctest.Wait()
			require.Equal(t, []int{180, 200}, w.notified)
			require.Equal(t, []string{"replaced"}, s.phone.next.hangups)
			require.Empty(t, s.phone.hangups, "that is for whoever told it of the end of the transfer")
			s.leg.OnAnswered(200, nil)
			synctest.Wait()
			require.Equal(t, gateway.CallEstablished, s.last().Status)
			require.Equal(t, "pickup", s.last().Callee)
			require.NoError(t, s.Hold(t.Context(), true), "no change is under way any more")
			s.leg.OnEnded(true, "")
			<-s.Done()
		})
	}
}

// TestNobodyTakesAPlaceThatIsGivenUp: they would be left with a call that nobody hangs up.
func TestNobodyTakesAPlaceThatIsGivenUp(t *testing.T) {
	for _, up := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s, late := newScene(t, nil), &phone{}
			go s.Run(context.Background())
			synctest.Wait()
			if up {
				s.OnAnswered(200, nil)
			}
			s.Hangup(gateway.EndLocal)
			s.OnReplaced(Incoming{Ringing: late, Offer: []byte("offer"), Caller: "late"})
			synctest.Wait()
			require.Empty(t, late.answers)
			require.Equal(t, []string{"no_media"}, late.hangups)
			s.OnEnded(false, "")
			<-s.Done()
		})
	}
}

// TestWhoTakesThePlaceOfASuccessor: the call goes on from one dialog to the next as often as it is asked for.
func TestWhoTakesThePlaceOfASuccessor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, erin, frank := newScene(t, nil), &phone{}, &phone{}
		running(t, s)
		s.OnReferred((&wish{}).referral("carol"))
		synctest.Wait()
		carol := s.trial.leg
		carol.OnAnswered(200, nil)
		carol.OnReplaced(Incoming{Ringing: erin, Offer: []byte("offer"), Caller: "erin"})
		synctest.Wait()
		require.Equal(t, []string{"replaced"}, s.phone.next.hangups)
		require.Equal(t, "erin", s.last().Callee)
		s.leg.OnReplaced(Incoming{Ringing: frank, Offer: []byte("offer"), Caller: "frank"})
		synctest.Wait()
		require.Equal(t, []string{"replaced"}, erin.hangups)
		require.Equal(t, "frank", s.last().Callee)
		s.OnReplaced(Incoming{Ringing: &phone{}, Offer: []byte("offer"), Caller: "of a dialog that is not the call's any more"})
		synctest.Wait()
		require.Empty(t, frank.hangups)
		s.leg.OnEnded(true, "")
		<-s.Done()
	})
}
