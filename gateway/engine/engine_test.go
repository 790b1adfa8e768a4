package engine

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
	"callcast/gateway/demophone"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for what must happen; nothing waits that long when all is well.
const patience = 20 * time.Second

// loopback is a configuration in which everything stands on free ports of 127.0.0.1.
func loopback() gateway.Config {
	c := gateway.DefaultConfig()
	c.RTMP.Port, c.SIP.Host, c.SIP.Port = 0, "127.0.0.1", 0
	c.WebRTC.Host, c.WebRTC.Port = "127.0.0.1", 0
	c.RTP = gateway.RTPConfig{}
	return c
}

func start(t *testing.T, c gateway.Config) *Engine {
	t.Helper()
	e, err := New(Params{Config: c, Version: "test", Log: slog.New(slog.DiscardHandler)})
	require.NoError(t, err)
	require.NoError(t, e.Start())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, e.Close(ctx))
		require.Empty(t, e.Snapshot().Calls)
		require.Empty(t, e.Snapshot().Streams)
	})
	return e
}

func callee(t *testing.T, p demophone.Params) *demophone.Phone {
	t.Helper()
	p.Log = slog.New(slog.DiscardHandler)
	phone, err := demophone.New(p)
	require.NoError(t, err)
	require.NoError(t, phone.Start())
	t.Cleanup(phone.Close)
	return phone
}

func spec(id string, phone *demophone.Phone) gateway.CallSpec {
	return gateway.CallSpec{
		ID: id, Callee: phone.URI(), HasAudio: true, HasVideo: true,
		Account: gateway.Account{Login: "operator", Domain: "127.0.0.1"},
	}
}

// follower sees what happens in an engine, one event after the other.
type follower struct {
	sub     gateway.Subscription
	pending []gateway.Event
}

func follow(t *testing.T, e *Engine) *follower {
	f := &follower{sub: e.Subscribe()}
	t.Cleanup(f.sub.Close)
	return f
}

// await skips events until good accepts one of a call.
func (f *follower) await(t *testing.T, id string, good func(gateway.Event) bool) gateway.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		for len(f.pending) > 0 {
			e := f.pending[0]
			f.pending = f.pending[1:]
			if e.Kind == gateway.EventCall && e.ID == id && good(e) {
				return e
			}
		}
		var err error
		f.pending, err = f.sub.Next(ctx)
		require.NoError(t, err, "what was waited for did not happen")
	}
}

func established(e gateway.Event) bool {
	return e.Call != nil && e.Call.Status == gateway.CallEstablished
}

func removed(e gateway.Event) bool { return e.Removed }

func requireRefusal(t *testing.T, err error, code gateway.Code, reason string) {
	t.Helper()
	var refusal *gateway.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, code, refusal.Code, refusal)
	require.Equal(t, reason, refusal.Reason, refusal)
}

func TestCallMakesItsStreamAndFreesItsNames(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	want := spec("c1", phone)
	want.Stream = "air"
	for range 3 { // who sees that a call is gone may use its id and its stream name at once
		require.NoError(t, e.StartCall(t.Context(), want))
		events.await(t, "c1", established)
		require.Eventually(t, func() bool {
			streams := e.Snapshot().Streams
			return len(streams) == 1 && streams[0].Live && streams[0].Name == "air" && streams[0].CallID == "c1" && streams[0].Source == gateway.SourceSIP
		}, patience, 10*time.Millisecond)
		require.NoError(t, e.EndCall(t.Context(), "c1"))
		end := events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call != nil && ev.Call.Status.Ended() })
		require.Equal(t, gateway.CallFinish, end.Call.Status)
		require.Equal(t, gateway.EndLocal, end.Call.Ending.Reason)
		events.await(t, "c1", removed)
		requireRefusal(t, e.EndCall(t.Context(), "c1"), gateway.CodeNotFound, gateway.ReasonCallNotFound)
		require.Empty(t, e.Snapshot().Streams)
	}
}

func TestOneOfManyWhoStartTheSameCallWins(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	for name, tt := range map[string]struct {
		vary   func(s *gateway.CallSpec, n int)
		reason string
	}{
		"call id": {func(s *gateway.CallSpec, n int) {
			s.Stream = fmt.Sprint("stream", n)
		}, gateway.ReasonCallExists},
		"stream name": {func(s *gateway.CallSpec, n int) {
			s.ID, s.Stream = fmt.Sprint("call", n), "air"
		}, gateway.ReasonStreamInUse},
		"publication, however it is written": {func(s *gateway.CallSpec, n int) {
			s.ID, s.RTMPURL, s.RTMPStream = fmt.Sprint("call", n), "rtmp://127.0.0.1:1/live", "rtmp_key"
			if n%2 == 1 {
				s.RTMPURL, s.RTMPStream = "rtmp://127.0.0.1:1/live/rtmp_key", ""
			}
		}, gateway.ReasonTargetInUse},
	} {
		t.Run(name, func(t *testing.T) {
			events := follow(t, e)
			const callers = 8
			outcomes := make([]error, callers)
			var all sync.WaitGroup
			for n := range callers {
				s := spec("c1", phone)
				tt.vary(&s, n)
				all.Go(func() { outcomes[n] = e.StartCall(t.Context(), s) })
			}
			all.Wait()
			won := 0
			for _, err := range outcomes {
				if err == nil {
					won++
					continue
				}
				requireRefusal(t, err, gateway.CodeConflict, tt.reason)
			}
			require.Equal(t, 1, won)
			calls := e.Snapshot().Calls
			require.Len(t, calls, 1, "a refusal leaves nothing behind")
			require.Len(t, e.Snapshot().Streams, 1)
			require.NoError(t, e.EndCall(t.Context(), calls[0].ID))
			events.await(t, calls[0].ID, removed)
		})
	}
}

func TestRefusals(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	for name, tt := range map[string]struct {
		change func(s *gateway.CallSpec)
		field  string
		reason string
	}{
		"a field":                     {func(s *gateway.CallSpec) { s.Account.Login = "Ralf C12441@host.com" }, "sipLogin", gateway.ReasonCharacters},
		"a host that does not exist":  {func(s *gateway.CallSpec) { s.Account.Domain = "nowhere.invalid" }, "sipDomain", gateway.ReasonHost},
		"a proxy that does not exist": {func(s *gateway.CallSpec) { s.Account.OutboundProxy = "nowhere.invalid:5060" }, "sipOutboundProxy", gateway.ReasonHost},
		"an RTMP server that does not exist": {func(s *gateway.CallSpec) {
			s.RTMPURL, s.RTMPStream = "rtmp://user:hunter2@nowhere.invalid/live", "hunter2"
		}, "rtmpUrl", gateway.ReasonHost},
	} {
		t.Run(name, func(t *testing.T) {
			s := spec("c1", phone)
			tt.change(&s)
			err := e.StartCall(t.Context(), s)
			requireRefusal(t, err, gateway.CodeInvalid, tt.reason)
			require.Contains(t, err.Error(), tt.field)
			require.NotContains(t, err.Error(), "hunter2")
			require.Empty(t, e.Snapshot().Calls)
			require.Empty(t, e.Snapshot().Streams)
		})
	}
	requireRefusal(t, e.EndCall(t.Context(), "nobody"), gateway.CodeNotFound, gateway.ReasonCallNotFound)
	requireRefusal(t, e.SendDTMF(t.Context(), "nobody", gateway.DTMF{Digits: "1"}), gateway.CodeNotFound, gateway.ReasonCallNotFound)
	requireRefusal(t, e.SendDTMF(t.Context(), "nobody", gateway.DTMF{Digits: "x"}), gateway.CodeInvalid, gateway.ReasonDigits)
	requireRefusal(t, e.RequestKeyframe(t.Context(), "nothing"), gateway.CodeNotFound, gateway.ReasonStreamMissing)
	_, err := e.OpenPreview(t.Context(), "nothing")
	requireRefusal(t, err, gateway.CodeNotFound, gateway.ReasonStreamMissing)
}

func TestTonesBeforeTheAnswerAreAConflict(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{Silent: true})
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	requireRefusal(t, e.SendDTMF(t.Context(), "c1", gateway.DTMF{Digits: "1"}), gateway.CodeConflict, gateway.ReasonNotUp)
}

func TestTakenPortsAreToldAndTheRestRuns(t *testing.T) {
	sip, err := new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0")
	require.NoError(t, err)
	defer sip.Close()
	rtmp, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer rtmp.Close()
	c := loopback()
	c.SIP.Port, c.RTMP.Port = sip.LocalAddr().(*net.UDPAddr).Port, rtmp.Addr().(*net.TCPAddr).Port
	e, phone := start(t, c), callee(t, demophone.Params{})

	listeners := map[string]gateway.Listener{}
	for _, l := range e.Snapshot().Listeners {
		listeners[l.Name] = l
	}
	for name, wanted := range map[string]string{"sip": sip.LocalAddr().String(), "rtmp": rtmp.Addr().String()} {
		l := listeners[name]
		require.NotNil(t, l.Err, name)
		require.Equal(t, name+"_port", l.Setting)
		require.Equal(t, gateway.ReasonPortTaken, l.Err.Reason)
		require.Equal(t, wanted, l.Err.Value)
		require.Contains(t, l.Err.Message, "another program listens there")
		require.Contains(t, l.Err.Message, l.Setting)
	}
	require.Equal(t, rtmp.Addr().String(), listeners["rtmp"].Address)
	require.NotEqual(t, sip.LocalAddr().String(), listeners["sip"].Address, "SIP goes on with a free port")

	events := follow(t, e)
	require.NoError(t, e.StartCall(t.Context(), spec("c1", phone)))
	events.await(t, "c1", established)
}

func TestCloseHangsUpAndTakesNoMoreCalls(t *testing.T) {
	e, phone := start(t, loopback()), callee(t, demophone.Params{})
	events := follow(t, e)
	for n := range 5 {
		require.NoError(t, e.StartCall(t.Context(), spec(fmt.Sprint("c", n), phone)))
	}
	events.await(t, "c4", established)
	require.NoError(t, e.Close(t.Context()))
	require.Empty(t, e.Snapshot().Calls)
	require.Empty(t, e.Snapshot().Streams)
	for _, info := range phone.Calls() {
		require.Equal(t, demophone.Ended, info.State, info.ID)
	}
	requireRefusal(t, e.StartCall(t.Context(), spec("late", phone)), gateway.CodeUnavailable, gateway.ReasonStopping)
}
