package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/internal/rtmp"
)

func ended(ev gateway.Event) bool { return ev.Call != nil && ev.Call.Status.Ended() }

func streamNames(e *Engine) []string {
	var names []string
	for _, s := range e.Snapshot().Streams {
		names = append(names, s.Name)
	}
	return names
}

// TestAnswerNamesTheStream: what is refused leaves the call ringing and nothing behind, what is not is a stream that is
// pushed. Its names are free when the call is gone.
func TestAnswerNamesTheStream(t *testing.T) {
	here, address := desk(t)
	there := start(t, loopback())
	events := follow(t, here)
	id := ring(t, here, func(to string) { require.NoError(t, there.StartCall(t.Context(), outgoing("c1", to))) }, address)
	require.Empty(t, here.Snapshot().Streams, "nothing is reserved for a call that rings")

	server := "rtmp://" + here.rtmp.Addr().String() + "/live"
	_, release, err := here.streams.Publish("live", "used", here.agent.Addr())
	require.NoError(t, err)
	defer release()
	push, err := here.StartPush(t.Context(), gateway.PushSpec{Stream: "used", URL: gateway.Secret(server + "/held"), FullURL: true})
	require.NoError(t, err)
	for reason, spec := range map[string]gateway.AnswerSpec{
		gateway.ReasonStreamInUse: {Stream: "used", RTMPURL: gateway.Secret(server), RTMPStream: "out"},
		gateway.ReasonPushExists:  {Stream: "show", RTMPURL: gateway.Secret(server + "/held")},
	} {
		spec.CallID = id
		requireRefusal(t, here.AnswerCall(t.Context(), spec), gateway.CodeConflict, reason)
	}
	requireRefusal(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id, Stream: "a b"}), gateway.CodeInvalid, gateway.ReasonCharacters)
	require.NoError(t, here.EndPush(t.Context(), push.ID))

	spec := gateway.AnswerSpec{CallID: id, Stream: "show", RTMPURL: gateway.Secret(server), RTMPStream: "out"}
	require.NoError(t, here.AnswerCall(t.Context(), spec))
	requireRefusal(t, here.AnswerCall(t.Context(), spec), gateway.CodeConflict, gateway.ReasonNotRinging)
	active := events.await(t, id, func(ev gateway.Event) bool { return ev.Call.RTMPStatus == gateway.RTMPActive }).Call
	require.Equal(t, "show", active.Stream)
	require.Equal(t, server+"/***", active.RTMPTarget)
	require.ElementsMatch(t, []string{"used", "show", "rtmp_out"}, streamNames(here), "the push arrives at the server inside")
	requireRefusal(t, here.StartCall(t.Context(), func() gateway.CallSpec {
		other := outgoing("c2", address)
		other.RTMPURL, other.RTMPStream = spec.RTMPURL, spec.RTMPStream
		return other
	}()), gateway.CodeConflict, gateway.ReasonTargetInUse)

	require.NoError(t, there.EndCall(t.Context(), "c1"))
	events.await(t, id, removed)
	require.NotContains(t, streamNames(here), "show")
	_, release, err = here.streams.Publish("live", "show", here.agent.Addr())
	require.NoError(t, err)
	release()
}

// TestRuleTakesCalls that no registration is there for, one at a time, and frees its place with the call.
func TestRuleTakesCalls(t *testing.T) {
	c := loopback()
	c.SIP.Rules = []gateway.AnswerRule{
		{Callee: "other*", Stream: "wrong"},
		{Callee: "studio?", Stream: "on-{callee}-{caller}"},
	}
	here, there := start(t, c), start(t, loopback())
	atHome, abroad := follow(t, here), follow(t, there)
	address := "sip:studio1@" + here.agent.Addr().String()
	call := func(id, login string) {
		t.Helper()
		spec := outgoing(id, address)
		spec.Account.Login = login
		require.NoError(t, there.StartCall(t.Context(), spec))
	}
	for _, id := range []string{"c1", "c3"} {
		call(id, "bob")
		taken := atHome.await(t, id, func(ev gateway.Event) bool {
			require.NotNil(t, ev.Call)
			require.NotEqual(t, gateway.CallRing, ev.Call.Status)
			return established(ev)
		}).Call
		require.True(t, taken.Incoming)
		require.Equal(t, "on-studio1-bob", taken.Stream)
		require.Equal(t, "bob", taken.Caller)
		abroad.await(t, id, established)

		call(id+"-second", "carol")
		require.Equal(t, 486, abroad.await(t, id+"-second", ended).Call.SIPStatus)
		require.NoError(t, there.EndCall(t.Context(), id))
		atHome.await(t, id, removed)
	}
	require.EqualValues(t, 2, here.Snapshot().CallsRefused)
	spec := outgoing("c4", "sip:nobody@"+here.agent.Addr().String())
	require.NoError(t, there.StartCall(t.Context(), spec))
	require.Equal(t, 404, abroad.await(t, "c4", ended).Call.SIPStatus)
	require.EqualValues(t, 3, here.Snapshot().CallsRefused)
}

// TestRuleWithANameInUse refuses the call as busy.
func TestRuleWithANameInUse(t *testing.T) {
	c := loopback()
	c.SIP.Rules = []gateway.AnswerRule{{Stream: "show"}}
	here, there := start(t, c), start(t, loopback())
	_, release, err := here.streams.Publish("live", "show", here.agent.Addr())
	require.NoError(t, err)
	defer release()
	events := follow(t, there)
	require.NoError(t, there.StartCall(t.Context(), outgoing("c1", "sip:x@"+here.agent.Addr().String())))
	require.Equal(t, 486, events.await(t, "c1", ended).Call.SIPStatus)
	require.Empty(t, here.Snapshot().Calls)
}

// TestConfiguredAccountIsRegistered, and a rule goes before it.
func TestConfiguredAccountIsRegistered(t *testing.T) {
	account := newRegistrar(t).account("desk")
	c := loopback()
	c.SIP.Accounts = []gateway.RegisterSpec{{Account: account}, {ID: "second", Account: account}}
	c.SIP.Rules = []gateway.AnswerRule{{Caller: "vip"}}
	here, there := start(t, c), start(t, loopback())
	require.Equal(t, 200, awaitRegistration(t, here, account.DefaultID(), gateway.RegistrationUp).SIPStatus)
	awaitRegistration(t, here, "second", gateway.RegistrationUp)
	atHome := follow(t, here)
	for login, status := range map[string]gateway.CallStatus{"operator": gateway.CallRing, "vip": gateway.CallEstablished} {
		spec := outgoing("of-"+login, "sip:desk@"+here.agent.Addr().String())
		spec.Account.Login = login
		require.NoError(t, there.StartCall(t.Context(), spec))
		call := atHome.await(t, spec.ID, func(ev gateway.Event) bool {
			require.False(t, login == "vip" && ev.Call.Status == gateway.CallRing, "no browser is asked")
			return ev.Call.Status == status
		}).Call
		require.Equal(t, account.DefaultID(), call.Registration)
	}
}

// TestNobodyGetsIn without an account and a rule.
func TestNobodyGetsIn(t *testing.T) {
	here, there := start(t, loopback()), start(t, loopback())
	events := follow(t, there)
	require.NoError(t, there.StartCall(t.Context(), outgoing("c1", "sip:x@"+here.agent.Addr().String())))
	require.Equal(t, 404, events.await(t, "c1", ended).Call.SIPStatus)
	now := here.Snapshot()
	require.Empty(t, now.Calls)
	require.Empty(t, now.Streams)
	require.EqualValues(t, 1, now.CallsRefused)
}

func TestConfigurationIsChecked(t *testing.T) {
	c := loopback()
	c.SIP.Rules = []gateway.AnswerRule{{Maximum: -1}}
	_, err := New(Params{Config: c})
	require.ErrorContains(t, err, "answer_rules[0].maximum")
}

// TestMutedCall sends silence, and what it sent before when it is muted no more.
func TestMutedCall(t *testing.T) {
	here, address := desk(t)
	there := start(t, loopback())
	caller := newHandset(t, false)
	caller.talk(t, otherTone)
	events := follow(t, there)
	requireRefusal(t, there.MuteCall(t.Context(), "c1", true), gateway.CodeNotFound, gateway.ReasonCallNotFound)
	id := ring(t, here, func(to string) { dial(t, there, caller, outgoing("c1", to)) }, address)
	requireRefusal(t, there.MuteCall(t.Context(), "c1", true), gateway.CodeConflict, gateway.ReasonNotUp)
	require.NoError(t, here.AnswerCall(t.Context(), gateway.AnswerSpec{CallID: id}))
	events.await(t, "c1", established)
	watcher := newHandset(t, false)
	watcher.talk(t, browserTone)
	answer, err := here.Play(t.Context(), gateway.PlaySpec{Stream: id, Offer: watcher.Offer(t)})
	require.NoError(t, err)
	watcher.Accept(t, answer.Answer)
	for range 2 {
		hears(t, watcher.recent, otherTone)
		require.NoError(t, there.MuteCall(t.Context(), "c1", true))
		events.await(t, "c1", func(ev gateway.Event) bool { return ev.Call.Muted })
		require.Eventually(t, func() bool { return strength(watcher.recent(), otherTone) < 0.01 }, patience, 20*time.Millisecond)
		require.NoError(t, there.MuteCall(t.Context(), "c1", false))
		events.await(t, "c1", func(ev gateway.Event) bool { return !ev.Call.Muted })
	}
	hears(t, watcher.recent, otherTone)
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, user string
		want          bool
	}{
		{"", "bob", true},
		{"*", "", true},
		{"bob", "bob", true},
		{"bob", "bobby", false},
		{"b?b", "bob", true},
		{"b?b", "bb", false},
		{"+49*", "+4930123", true},
		{"+49*", "0049", false},
		{"*123", "123123", true},
		{"a*b*c", "axxbyybzc", true},
		{"a*b*c", "axxbyybz", false},
		{"**?", "x", true},
		{"?", "é", true},
		{"?*?", "a", false},
	} {
		require.Equal(t, tt.want, fits(tt.pattern, tt.user), "%+v", tt)
	}
}

func TestNamesOfARule(t *testing.T) {
	for _, tt := range []struct {
		rule           gateway.AnswerRule
		stream, pushed string
	}{
		{gateway.AnswerRule{}, "1@h", ""},
		{gateway.AnswerRule{Stream: "show"}, "show", ""},
		{gateway.AnswerRule{Stream: "{callee}.{caller}.{callId}", RTMPStream: "{caller}?key=1"}, "a_b._.1@h", "_?key=1"},
	} {
		stream, pushed := ruleNames(tt.rule, "a/b", "", "1@h")
		require.Equal(t, tt.stream, stream)
		require.Equal(t, tt.pushed, pushed)
	}
}

// TestOneTargetOnePublisher, whoever is first of those that come at once.
func TestOneTargetOnePublisher(t *testing.T) {
	var all targets
	target, err := rtmp.ParseTarget("rtmp://h/live", "key", "")
	require.Nil(t, err)
	calls := []string{"c1", "", "c2", ""} // the others are pushes
	for range 100 {
		var won atomic.Int32
		var releases []func()
		var mu sync.Mutex
		var both sync.WaitGroup
		for n := range calls {
			both.Go(func() {
				release, err := all.take(&target, tenant{call: calls[n], shown: "it"})
				if err == nil {
					won.Add(1)
					mu.Lock()
					releases = append(releases, release)
					mu.Unlock()
				}
			})
		}
		both.Wait()
		require.EqualValues(t, 1, won.Load())
		releases[0]()
	}
	require.Empty(t, all.taken)
}

// TestCloseDoesNotWaitForEver.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	var running sync.WaitGroup
	running.Add(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := joined(ctx, "pull", &running, func() []string { return []string{"p1", "p2"} })
	require.EqualError(t, err, "pull p1 did not end in time\npull p2 did not end in time")
	running.Done()
	require.NoError(t, joined(t.Context(), "pull", &running, func() []string { return nil }))
}
