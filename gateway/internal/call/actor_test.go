package call

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/internal/codec/dtmf"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// live runs a call in a bubble, lets happen happen, and waits until the call is down.
func live(t *testing.T, change func(*scene, *Params), happen func(t *testing.T, s *scene)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, change)
		down := make(chan struct{})
		go func() {
			defer close(down)
			s.Run(t.Context())
		}()
		synctest.Wait()
		happen(t, s)
		<-down
		<-s.Done()
		require.Equal(t, 1, s.ends(), "the end is told once")
		require.True(t, s.last().Status.Ended(), "nothing is told after it")
		require.False(t, s.last().Ended.IsZero())
	})
}

func registers(how func(ctx context.Context) (int, error)) func(*scene, *Params) {
	return func(s *scene, p *Params) {
		p.Spec.Account.Register = true
		s.phone.registrar = how
	}
}

func TestOneCallThroughItsLife(t *testing.T) {
	live(t, nil, func(t *testing.T, s *scene) {
		require.Equal(t, []byte("our offer"), s.phone.offer)
		s.OnProvisional(100, nil)
		s.OnProvisional(180, nil)
		time.Sleep(3500 * time.Millisecond)
		s.OnAnswered(200, []byte("their answer"))
		synctest.Wait()
		up := s.last()
		require.Equal(t, gateway.CallEstablished, up.Status)
		require.Equal(t, 200, up.SIPStatus)
		require.Equal(t, "their answer", up.SDP)
		require.Equal(t, "PCMA", up.Audio.Codec)
		require.Equal(t, 3500*time.Millisecond, up.Established.Sub(up.Created))
		require.Zero(t, up.Ending)

		told := s.count()
		time.Sleep(10*time.Second + time.Millisecond)
		require.Equal(t, told+10, s.count(), "figures are told each second")

		s.OnEnded(true, "the other side hung up")
		<-s.Done()
		require.Equal(t, gateway.Ending{Reason: gateway.EndRemote, Text: "the other side hung up"}, s.last().Ending)
		require.Equal(t, []gateway.CallStatus{
			gateway.CallPending, gateway.CallTrying, gateway.CallRing, gateway.CallEstablished, gateway.CallFinish,
		}, s.statuses())
		synctest.Wait()
		require.Equal(t, 1, s.voice.closed)
		require.Empty(t, s.phone.hangups, "who was left says no BYE")
	})
}

func TestHangupWhileRegistering(t *testing.T) {
	abandoned := false
	live(t, registers(func(ctx context.Context) (int, error) {
		<-ctx.Done() // a registrar that never answers
		abandoned = true
		return 0, context.Cause(ctx)
	}), func(t *testing.T, s *scene) {
		require.Equal(t, gateway.CallPending, s.last().Status)
		s.Hangup(gateway.EndLocal)
		s.Hangup(gateway.EndLocal)
		<-s.Done()
		require.Equal(t, gateway.CallFinish, s.last().Status)
		require.Equal(t, gateway.EndLocal, s.last().Ending.Reason)
		require.Nil(t, s.phone.offer, "nobody was called")
		synctest.Wait()
		require.Zero(t, s.voice.closed, "no media was opened")
	})
	require.True(t, abandoned, "Run returned before the registration did")
}

func TestRegistrationRefused(t *testing.T) {
	live(t, registers(func(context.Context) (int, error) { return 403, errors.New("403 Forbidden") }),
		func(t *testing.T, s *scene) {
			<-s.Done()
			require.Equal(t, gateway.CallFailed, s.last().Status)
			require.Equal(t, 403, s.last().SIPStatus)
			require.Equal(t, gateway.Ending{Reason: gateway.EndRegistration, Text: "403 Forbidden"}, s.last().Ending)
		})
}

func TestRegisteredCallGoesOut(t *testing.T) {
	live(t, registers(func(context.Context) (int, error) { return 0, nil }), func(t *testing.T, s *scene) {
		require.Equal(t, []byte("our offer"), s.phone.offer)
		s.OnFailed(486, gateway.EndBusy, "486 Busy Here")
		<-s.Done()
		require.Equal(t, gateway.CallBusy, s.last().Status)
	})
}

func TestMediaThatFailsToOpen(t *testing.T) {
	noPorts := func(_ *scene, p *Params) {
		p.Media = func(func(context.Context, string, []byte) error) (Media, error) {
			return nil, errors.New("no free RTP ports")
		}
	}
	live(t, noPorts, func(t *testing.T, s *scene) {
		<-s.Done()
		require.Equal(t, []gateway.CallStatus{gateway.CallPending, gateway.CallFailed}, s.statuses())
		require.Equal(t, gateway.Ending{Reason: gateway.EndInternal, Text: "no free RTP ports"}, s.last().Ending)
		require.Nil(t, s.phone.offer)
	})
}

func TestAnswerThatCannotBeReceived(t *testing.T) {
	live(t, func(s *scene, _ *Params) { s.voice.refuse = errUnusable }, func(t *testing.T, s *scene) {
		s.OnProvisional(183, []byte("early"))
		synctest.Wait()
		require.Equal(t, gateway.CallSessionProgress, s.last().Status, "early media may fail")
		require.Empty(t, s.last().SDP)
		s.OnAnswered(200, []byte("answer"))
		synctest.Wait()
		require.Equal(t, []string{string(gateway.EndNoMedia)}, s.phone.hangups)
		s.OnEnded(false, "")
		<-s.Done()
		require.Equal(t, gateway.CallFailed, s.last().Status)
		require.Equal(t, gateway.Ending{Reason: gateway.EndNoMedia, Text: errUnusable.Error()}, s.last().Ending)
	})
}

func TestTonesNeedAnEstablishedCall(t *testing.T) {
	refused := func(t *testing.T, s *scene) {
		t.Helper()
		for _, way := range []gateway.DTMFType{"", gateway.DTMFInfo} {
			var err *gateway.Error
			require.ErrorAs(t, s.SendDTMF(t.Context(), gateway.DTMF{Digits: "1", Type: way}), &err)
			require.Equal(t, gateway.CodeConflict, err.Code)
			require.Equal(t, gateway.ReasonNotUp, err.Reason)
		}
		require.Empty(t, s.voice.digits)
		require.Empty(t, s.phone.infos)
	}
	live(t, nil, func(t *testing.T, s *scene) {
		refused(t, s)
		s.OnProvisional(180, nil)
		refused(t, s)
		s.Hangup(gateway.EndLocal)
		s.OnFailed(487, gateway.EndRejected, "")
		<-s.Done()
		refused(t, s)
	})
}

func TestTones(t *testing.T) {
	live(t, nil, func(t *testing.T, s *scene) {
		s.OnAnswered(200, nil)
		require.NoError(t, s.SendDTMF(t.Context(), gateway.DTMF{Digits: "12a"}))
		require.Equal(t, "12A", s.voice.digits)

		require.NoError(t, s.SendDTMF(t.Context(), gateway.DTMF{Digits: "4#", Type: gateway.DTMFInfoRelay}))
		require.Len(t, s.phone.infos, 2)
		require.Contains(t, s.phone.infos[0], "application/dtmf-relay: Signal=4")
		require.Contains(t, s.phone.infos[1], "application/dtmf-relay: Signal=#")
		require.Equal(t, dtmf.InfoPeriod, s.phone.informed[1].Sub(s.phone.informed[0]))

		s.phone.refusing = 415
		err := s.SendDTMF(t.Context(), gateway.DTMF{Digits: "123", Type: gateway.DTMFInfo})
		require.ErrorContains(t, err, "415")
		var refusal *gateway.Error
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, gateway.ReasonTonesRefused, refusal.Reason)
		require.Len(t, s.phone.infos, 3, "the first refusal is the last try")
		require.Contains(t, s.phone.infos[2], "application/dtmf: 1")

		s.OnEnded(true, "")
	})
}

// TestKeysOfTheOtherSide come in three ways, are told once each, and the latest are kept; no log has them.
func TestKeysOfTheOtherSide(t *testing.T) {
	var log bytes.Buffer
	change := func(_ *scene, p *Params) {
		p.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	live(t, change, func(t *testing.T, s *scene) {
		s.OnAnswered(200, nil)
		for _, step := range []struct {
			press func()
			want  string
		}{
			{func() { s.OnKey('1', dtmf.ByEvent) }, "1"},
			{func() { s.OnInfo("application/dtmf-relay", []byte("Signal=1\r\nDuration=100\r\n")) }, "1"},
			{func() { s.OnKey('1', dtmf.BySound) }, "1"},
			{func() { s.OnKey('1', dtmf.ByEvent) }, "11"},
			{func() { s.OnInfo("application/dtmf", []byte("#")) }, "11#"},
			{func() { s.OnKey('#', dtmf.ByEvent) }, "11#"},
			{func() { s.OnKey('D', dtmf.BySound) }, "11#D"},
		} {
			step.press()
			synctest.Wait()
			require.Equal(t, step.want, s.last().Digits)
		}
		require.Empty(t, s.voice.informed, "a key is not about the media")
		for range gateway.MaxDigits {
			s.OnKey('5', dtmf.ByEvent)
		}
		s.OnKey('6', dtmf.ByEvent)
		synctest.Wait()
		require.Equal(t, strings.Repeat("5", gateway.MaxDigits-1)+"6", s.last().Digits)
		s.OnEnded(true, "")
		synctest.Wait()
		require.Len(t, s.last().Digits, gateway.MaxDigits, "a call that is over remembers them")
	})
	for line := range strings.Lines(log.String()) {
		if strings.Contains(line, "key") {
			require.Regexp(t, `level=DEBUG msg="key pressed" call=c1 way=(event|info|sound)\n$`, line)
		}
	}
	require.Contains(t, log.String(), "key pressed")
}

func TestChangedOffer(t *testing.T) {
	type reply struct {
		status int
		sdp    string
	}
	live(t, nil, func(t *testing.T, s *scene) {
		s.OnAnswered(200, nil)
		replies := make(chan reply, 1)
		respond := func(status int, sdp []byte) { replies <- reply{status, string(sdp)} }
		s.OnReinvite([]byte("hold"), respond)
		require.Equal(t, reply{200, "answer to hold"}, <-replies)
		s.voice.refuse = errUnusable
		s.OnReinvite([]byte("nonsense"), respond)
		require.Equal(t, reply{488, ""}, <-replies)
		synctest.Wait()
		require.Equal(t, gateway.CallEstablished, s.last().Status, "a change refused ends nothing")
		s.OnEnded(true, "")
	})
}

func TestHold(t *testing.T) {
	live(t, nil, func(t *testing.T, s *scene) {
		require.Error(t, s.Hold(t.Context(), true), "it is not established")
		s.OnAnswered(200, nil)
		require.NoError(t, s.Hold(t.Context(), true))
		synctest.Wait()
		require.Equal(t, gateway.CallHold, s.last().Status)
		require.Equal(t, gateway.Held{Local: true}, s.last().Held)
		require.NoError(t, s.SendDTMF(t.Context(), gateway.DTMF{Digits: "1"}), "a call on hold is up")

		s.voice.held = true // the other side holds too
		s.OnReinvite([]byte("hold"), func(int, []byte) {})
		synctest.Wait()
		require.Equal(t, gateway.Held{Local: true, Remote: true}, s.last().Held)
		s.voice.held = false
		s.OnReinvite([]byte("back"), func(int, []byte) {})
		synctest.Wait()
		require.Equal(t, gateway.CallHold, s.last().Status, "we still hold")

		s.phone.stubborn = errUnusable
		require.Error(t, s.Hold(t.Context(), false))
		require.True(t, s.voice.holding, "what was refused is undone")
		s.phone.stubborn = nil
		require.NoError(t, s.Hold(t.Context(), false))
		synctest.Wait()
		require.Equal(t, gateway.CallEstablished, s.last().Status)
		require.Equal(t, []string{"hold true", "hold false", "hold false"}, s.phone.offers)
		s.OnEnded(true, "")
		synctest.Wait()
		require.Error(t, s.Hold(t.Context(), true))
	})
}

func TestInfoAndInjection(t *testing.T) {
	live(t, nil, func(t *testing.T, s *scene) {
		s.OnAnswered(200, nil)
		s.OnInfo("application/media_control+xml", []byte("fast update"))
		s.SetInjection(func(i *Injection) { i.Stream = "other" })
		synctest.Wait()
		require.Equal(t, "application/media_control+xml fast update", s.voice.informed)
		require.Equal(t, "other", s.last().Injected)
		s.SetInjection(func(i *Injection) { *i = Injection{Sound: "bell.wav"} })
		synctest.Wait()
		require.Empty(t, s.last().Injected)
		require.Equal(t, "bell.wav", s.last().Playing)
		s.OnEnded(true, "")
	})
}

func TestPushIsTold(t *testing.T) {
	pushed := func(_ *scene, p *Params) { p.Publication.RTMPURL = "rtmp://h/live" }
	live(t, pushed, func(t *testing.T, s *scene) {
		require.Equal(t, gateway.RTMPWait, s.last().RTMPStatus)
		lost := Push{Status: gateway.RTMPLost, Problem: "the server hung up"}
		s.SetPush(lost)
		s.SetPush(lost)
		synctest.Wait()
		require.Equal(t, gateway.RTMPLost, s.last().RTMPStatus)
		require.Equal(t, "the server hung up", s.last().RTMPProblem)
		require.Equal(t, 2, s.count(), "the same is not told twice")
		s.OnFailed(0, gateway.EndUnreachable, "")
		<-s.Done()
		s.SetPush(Push{Status: gateway.RTMPActive}) // must not wait for a call that is over
	})
}

func TestShutdownSaysGoodbyeFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, nil)
		ctx, shutdown := context.WithCancel(t.Context())
		down := make(chan struct{})
		go func() {
			defer close(down)
			s.Run(ctx)
		}()
		s.OnAnswered(200, nil)
		synctest.Wait()
		shutdown()
		synctest.Wait()
		require.Equal(t, []string{string(gateway.EndShutdown)}, s.phone.hangups)
		require.Zero(t, s.voice.closed, "media stands until the BYE is answered")
		select {
		case <-s.Done():
			t.Fatal("over before the BYE was answered")
		default:
		}
		s.OnEnded(false, "")
		<-down
		require.Equal(t, gateway.CallFinish, s.last().Status)
		require.Equal(t, gateway.EndShutdown, s.last().Ending.Reason)
		require.Equal(t, 1, s.voice.closed)
	})
}

func TestShutdownWhileRegistering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, registers(func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, context.Cause(ctx)
		}))
		ctx, shutdown := context.WithCancel(t.Context())
		shutdown()
		s.Run(ctx)
		require.Equal(t, gateway.EndShutdown, s.last().Ending.Reason)
	})
}

func TestFaultInTheMediaLeavesNothingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, func(s *scene, _ *Params) { s.voice.broken = true })
		s.OnAnswered(200, []byte("answer"))
		require.PanicsWithValue(t, "a fault in the media", func() { s.Run(t.Context()) })
		<-s.Done()
		require.Equal(t, []string{string(gateway.EndInternal)}, s.phone.hangups)
		require.Equal(t, 1, s.voice.closed)
		require.Equal(t, gateway.CallFailed, s.last().Status)
		require.Equal(t, gateway.EndInternal, s.last().Ending.Reason)
		for range 2 * cap(s.inbox) {
			s.OnEnded(false, "") // the dialog's goroutine must not wait for a call that is gone
		}
	})
}
