package call

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

// response is what a change of the session was answered with.
type response struct {
	status int
	sdp    string
}

func (r *response) respond(status int, sdp []byte) { r.status, r.sdp = status, string(sdp) }

// calling is a call of a test that is described early and not answered.
func calling(s *scene) {
	s.phone.next = &phone{}
	go s.Run(context.Background())
	synctest.Wait()
	s.OnProvisional(183, []byte("early media"))
}

// TestOtherSideChangesTheSessionBeforeItAnswers: what was agreed on last holds, whoever else rings, unless it is they who answer.
func TestOtherSideChangesTheSessionBeforeItAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		answer string
		status gateway.CallStatus
		held   gateway.Held
		heard  []string
	}{
		"nothing new":   {"", gateway.CallHold, gateway.Held{Remote: true}, []string{"early media"}},
		"somebody else": {"theirs", gateway.CallEstablished, gateway.Held{}, []string{"early media", "theirs"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var r response
				s := newScene(t, nil)
				calling(s)
				s.voice.held = true
				s.OnReinvite([]byte("changed"), r.respond)
				synctest.Wait()
				require.Equal(t, response{200, "answer to changed"}, r)
				s.OnProvisional(183, []byte("another branch"))
				synctest.Wait()
				require.Equal(t, gateway.CallSessionProgress, s.last().Status)
				s.OnAnswered(200, []byte(c.answer))
				synctest.Wait()
				require.Equal(t, c.status, s.last().Status)
				require.Equal(t, c.held, s.last().Held)
				require.Equal(t, c.heard, s.voice.answered)
				s.OnEnded(true, "")
				<-s.Done()
			})
		})
	}
}

// TestWhoIsNamedChangesNothingBeforeTheyAnswer: the media are with whoever named them.
func TestWhoIsNamedChangesNothingBeforeTheyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r response
		s := newScene(t, nil)
		running(t, s)
		s.OnReferred((&wish{}).referral("carol"))
		synctest.Wait()
		s.trial.leg.OnReinvite([]byte("changed"), r.respond)
		synctest.Wait()
		require.Equal(t, response{status: 488}, r)
		s.OnEnded(true, "")
		s.trial.leg.OnEnded(true, "")
		<-s.Done()
	})
}

// TestWhoTakesThePlaceLeavesTheOfferToUs, be the call answered or not: they are told of the session as anybody who is called, and
// what they answer is not for the offer to whom they replace.
func TestWhoTakesThePlaceLeavesTheOfferToUs(t *testing.T) {
	for name, up := range map[string]bool{"answered": true, "not answered": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, late := newScene(t, nil), &phone{}
				calling(s)
				if up {
					s.OnAnswered(200, []byte("first"))
				}
				s.OnReplaced(Incoming{Ringing: late, Caller: "late"})
				synctest.Wait()
				require.Equal(t, []string{"replaced"}, s.phone.hangups)
				require.Equal(t, []string{"an offer of its own"}, late.answers)
				s.voice.held = true
				s.leg.OnAnswered(200, []byte("late's inline:key\r\n"))
				synctest.Wait()
				require.Equal(t, "another late's inline:key\r\n", s.voice.answered[len(s.voice.answered)-1])
				require.Equal(t, "late", s.last().Callee)
				require.Equal(t, "late's inline:***\r\n", s.last().SDP)
				require.Equal(t, gateway.CallHold, s.last().Status)
				require.Equal(t, gateway.Held{Remote: true}, s.last().Held)
				s.leg.OnEnded(true, "")
				<-s.Done()
			})
		})
	}
}

// TestWhoTakesThePlaceAnswersNothingUsable: there is nobody left to talk with.
func TestWhoTakesThePlaceAnswersNothingUsable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, late := newScene(t, nil), &phone{}
		running(t, s)
		s.OnReplaced(Incoming{Ringing: late, Caller: "late"})
		synctest.Wait()
		s.voice.refuse = errUnusable
		s.leg.OnAnswered(200, nil)
		synctest.Wait()
		require.Equal(t, []string{"no_media"}, late.hangups)
		s.leg.OnEnded(false, "")
		<-s.Done()
		require.Equal(t, gateway.EndNoMedia, s.last().Ending.Reason)
	})
}
