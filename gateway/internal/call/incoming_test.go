package call

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
)

func TestLivesOfACallToUs(t *testing.T) {
	ring := []effect{doRing{}}
	taking := []effect{doRing{}, doTake{}}
	talking := []effect{doRing{}, doTake{}, doConfirm{}}
	leaving := []effect{doRing{}, doHangup{}}
	tests := []struct {
		name    string
		events  []event
		status  gateway.CallStatus
		reason  gateway.EndReason
		over    bool
		effects []effect
	}{
		{"rings", []event{called{}}, gateway.CallRing, "", false, ring},
		{"is taken", []event{called{}, taken{}}, gateway.CallRing, "", false, taking},
		{"is taken once", []event{called{}, taken{}, taken{}}, gateway.CallRing, "", false, taking},
		{"is established", []event{called{}, taken{}, answered{status: 200}}, gateway.CallEstablished, "", false, talking},
		{
			"is established by their answer to our offer",
			[]event{called{late: true}, taken{}, answered{status: 200, sdp: []byte("v=0")}},
			gateway.CallEstablished, "", false,
			[]effect{doRing{}, doTake{}, doConfirm{}, doNegotiate{sdp: []byte("v=0"), final: true}},
		},
		{"is refused", []event{called{}, hangup{gateway.EndLocal}}, gateway.CallRing, gateway.EndLocal, false, leaving},
		{"was refused", []event{called{}, hangup{gateway.EndLocal}, ended{}}, gateway.CallFinish, gateway.EndLocal, true, leaving},
		{"is not taken once refused", []event{called{}, hangup{gateway.EndLocal}, taken{}}, gateway.CallRing, gateway.EndLocal, false, leaving},
		{"is given up by the caller", []event{called{}, ended{remote: true}}, gateway.CallFinish, gateway.EndRemote, true, ring},
		{"rings too long", []event{called{}, unanswered{}, ended{}}, gateway.CallFailed, gateway.EndNoAnswer, true, leaving},
		{"was taken in time", []event{called{}, taken{}, unanswered{}}, gateway.CallRing, "", false, taking},
		{
			"is taken at once",
			[]event{called{atOnce: true}, taken{}, unanswered{}},
			gateway.CallTrying, "", false,
			[]effect{doTake{}},
		},
		{
			"is established at once",
			[]event{called{atOnce: true, late: true}, answered{status: 200, sdp: []byte("v=0")}},
			gateway.CallEstablished, "", false,
			[]effect{doTake{}, doConfirm{}, doNegotiate{sdp: []byte("v=0"), final: true}},
		},
		{
			"cannot be answered",
			[]event{called{}, taken{}, mediaRefused{}, ended{}},
			gateway.CallFailed, gateway.EndNoMedia, true, append(taking[:2:2], doHangup{}),
		},
		{
			"ends with its browser",
			[]event{called{}, taken{}, answered{}, hangup{gateway.EndBrowser}, ended{}},
			gateway.CallFinish, gateway.EndBrowser, true, append(talking[:3:3], doHangup{}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var s state
			var effects []effect
			for _, ev := range tt.events {
				var more []effect
				s, more = next(s, ev)
				effects = append(effects, more...)
			}
			require.Equal(t, tt.status, s.status)
			require.Equal(t, tt.reason, s.ending.Reason)
			require.Equal(t, tt.over, s.over)
			require.Equal(t, tt.effects, effects)
		})
	}
}

func incoming(offer string) func(*scene, *Params) {
	return func(s *scene, p *Params) {
		p.Incoming = &Incoming{
			Ringing: s.phone, Offer: []byte(offer), Caller: "carol", Registration: "desk", NoAnswer: time.Minute,
		}
	}
}

func TestCallToUsIsTaken(t *testing.T) {
	live(t, incoming("their offer"), func(t *testing.T, s *scene) {
		require.Equal(t, 1, s.phone.rang)
		rings := s.last()
		require.Equal(t, gateway.CallRing, rings.Status)
		require.True(t, rings.Incoming)
		require.Equal(t, "carol", rings.Caller)
		require.Equal(t, "desk", rings.Registration)
		require.Empty(t, rings.Stream)
		require.NoError(t, s.Take(true, Publication{Stream: "show", RTMPURL: "rtmp://h/live/key", RTMPTarget: "rtmp://h/live/***"}))
		require.Equal(t, []string{"answer to their offer"}, s.phone.answers)
		err, _ := errors.AsType[*gateway.Error](s.Take(true, Publication{}))
		require.Equal(t, gateway.ReasonNotRinging, err.Reason)
		s.OnAnswered(200, nil)
		time.Sleep(2 * time.Minute)
		require.Equal(t, gateway.CallEstablished, s.last().Status)
		require.True(t, s.last().Browser)
		require.Equal(t, "show", s.last().Stream)
		require.Equal(t, "rtmp://h/live/***", s.last().RTMPTarget)
		require.Equal(t, gateway.RTMPWait, s.last().RTMPStatus)
		s.OnEnded(true, "")
	})
}

// TestCallToUsThatIsTakenAtOnce does not ring, nor too long.
func TestCallToUsThatIsTakenAtOnce(t *testing.T) {
	live(t, func(s *scene, p *Params) {
		incoming("their offer")(s, p)
		p.Incoming.AtOnce = true
		p.Publication = Publication{Stream: "show"}
	}, func(t *testing.T, s *scene) {
		require.Zero(t, s.phone.rang)
		require.Equal(t, []string{"answer to their offer"}, s.phone.answers)
		require.Error(t, s.Take(false, Publication{}))
		s.OnAnswered(200, nil)
		time.Sleep(2 * time.Minute)
		require.Equal(t, gateway.CallEstablished, s.last().Status)
		require.Equal(t, "show", s.last().Stream)
		s.OnEnded(true, "")
	})
}

func TestCallToUsWithoutAnOffer(t *testing.T) {
	live(t, incoming(""), func(t *testing.T, s *scene) {
		require.NoError(t, s.Take(false, Publication{}))
		require.Equal(t, []string{"our offer"}, s.phone.answers)
		s.OnAnswered(200, []byte("their answer"))
		synctest.Wait()
		require.Equal(t, "their answer", s.last().SDP)
		require.False(t, s.last().Browser)
		s.OnEnded(true, "")
	})
}

func TestNobodyTakesTheCall(t *testing.T) {
	live(t, incoming("their offer"), func(t *testing.T, s *scene) {
		time.Sleep(time.Minute + time.Millisecond)
		synctest.Wait()
		require.Equal(t, []string{string(gateway.EndNoAnswer)}, s.phone.hangups)
		s.OnEnded(false, "rejected")
		<-s.Done()
		require.Equal(t, gateway.EndNoAnswer, s.last().Ending.Reason)
	})
}

func TestCallThatCannotBeAnswered(t *testing.T) {
	live(t, func(s *scene, p *Params) {
		incoming("their offer")(s, p)
		s.voice.refuse = errUnusable
	}, func(t *testing.T, s *scene) {
		require.NoError(t, s.Take(false, Publication{}))
		require.Empty(t, s.phone.answers)
		require.Equal(t, []string{string(gateway.EndNoMedia)}, s.phone.hangups)
		s.OnEnded(false, "rejected")
	})
}

func TestTransfer(t *testing.T) {
	live(t, nil, func(t *testing.T, s *scene) {
		refused := func(err error, reason string) {
			t.Helper()
			known, ok := errors.AsType[*gateway.Error](err)
			require.True(t, ok)
			require.Equal(t, reason, known.Reason)
		}
		refused(s.Transfer(t.Context(), "dave", nil), gateway.ReasonNotUp)
		s.OnAnswered(200, []byte("their answer"))
		s.phone.stubborn = errUnusable
		refused(s.Transfer(t.Context(), "dave", nil), gateway.ReasonTransferRefused)
		s.phone.stubborn = nil
		require.NoError(t, s.Transfer(t.Context(), "dave", nil))
		s.OnTransfer(180, "Ringing", false)
		s.OnTransfer(486, "Busy Here", true)
		synctest.Wait()
		require.Equal(t, gateway.CallEstablished, s.last().Status, "the call goes on")
		require.NoError(t, s.Transfer(t.Context(), "", s.Call))
		require.Equal(t, []string{"dave replacing false", "dave replacing false", " replacing true"}, s.phone.referred)
		s.OnTransfer(200, "OK", true)
		synctest.Wait()
		require.Equal(t, []string{string(gateway.EndTransferred)}, s.phone.hangups)
		s.OnEnded(false, "")
		<-s.Done()
		require.Equal(t, gateway.CallFinish, s.last().Status)
		require.Equal(t, gateway.EndTransferred, s.last().Ending.Reason)
	})
}
