package model

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func names(streams []gateway.Stream) []string {
	var all []string
	for _, s := range streams {
		all = append(all, s.Name)
	}
	return all
}

func TestPullIsAStreamBeforeItsStreamIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		fake.SetPull(gateway.Pull{ID: "1", Stream: "fetched", Shown: "rtmp://host/live/a", Status: gateway.PullPending})
		fake.SetStream(gateway.Stream{Name: "other"})
		m, posted := started(t, fake)
		runFor(time.Second, posted)
		require.Equal(t, []string{"other", "fetched"}, names(m.Streams()))
		pending := m.Streams()[1]
		require.Equal(t, "rtmp://host/live/a", pending.Origin)
		require.Equal(t, Lamp{ToneWaiting, "CONNECTING"}, m.StreamLamp(pending))

		fake.SetPull(gateway.Pull{ID: "1", Stream: "fetched", Status: gateway.PullRunning})
		fake.SetStream(gateway.Stream{Name: "fetched", Source: gateway.SourcePull, Live: true})
		runFor(time.Second, posted)
		require.Equal(t, []string{"other", "fetched"}, names(m.Streams()))
		require.Equal(t, Lamp{ToneGood, "LIVE"}, m.StreamLamp(m.Streams()[1]))

		fake.RemoveStream("fetched")
		require.NoError(t, fake.EndPull(t.Context(), "1"))
		runFor(time.Second, posted)
		require.Equal(t, []string{"other"}, names(m.Streams()))
		require.Equal(t, -1, m.StreamRow("fetched"))
		m.Close()
	})
}

func TestFetchedStreamIsSelectedWhenItAppears(t *testing.T) {
	for _, late := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			fake := gatewaytest.New()
			fake.SetStream(gateway.Stream{Name: "other", Live: true})
			m, posted := started(t, fake)
			runFor(time.Second, posted)
			m.SelectStream("other")
			if late { // the pull is taken before anything of it is told
				m.expected = "a"
				runFor(time.Second, posted)
				fake.SetStream(gateway.Stream{Name: "a"})
			} else {
				m.StartPull(gateway.PullSpec{URI: "rtmp://host/live/a", Stream: "a"}, func(err *gateway.Error) { require.Nil(t, err) })
			}
			runFor(time.Second, posted)
			require.Equal(t, "a", m.Selected().StreamName())
			m.SelectStream("other")
			runFor(time.Second, posted)
			require.Equal(t, "other", m.Selected().StreamName(), "the operator's choice is taken away")
			m.Close()
		})
	}
}

func TestStopEndsWhatBringsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		var verbs []string
		fake.RefuseFunc = func(verb string) error {
			verbs = append(verbs, verb)
			return nil
		}
		fake.SetPull(gateway.Pull{ID: "1", Stream: "pulled"})
		fake.SetStream(gateway.Stream{Name: "called", CallID: "a"})
		m, posted := started(t, fake)
		runFor(time.Second, posted)
		for _, name := range []string{"pulled", "called"} {
			m.StopStream(name, func(err *gateway.Error) { require.Nil(t, err) })
			runFor(time.Second, posted)
		}
		require.Equal(t, []string{"EndPull", "EndStream"}, verbs)
		require.Empty(t, m.Streams())
		m.Close()
	})
}

func TestCallsThatCanBeInjectedInto(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		fake.SetCall(gateway.Call{ID: "own", Status: gateway.CallEstablished, Stream: "s"})
		fake.SetCall(gateway.Call{ID: "open", Status: gateway.CallEstablished, Stream: "t", Injected: "s"})
		fake.SetCall(gateway.Call{ID: "held", Status: gateway.CallHold, Stream: "u"})
		m, posted := started(t, fake)
		runFor(time.Second, posted)
		require.Len(t, m.OpenTo("s"), 1)
		require.Equal(t, "open", m.OpenTo("s")[0].ID)
		require.Len(t, m.InjectedInto("s"), 1)
		require.Empty(t, m.InjectedInto("t"))
		m.Close()
	})
}

func TestPushesLamp(t *testing.T) {
	up, wait, lost := gateway.RTMPActive, gateway.RTMPWait, gateway.RTMPLost
	for _, tt := range []struct {
		states []gateway.RTMPStatus
		want   Lamp
	}{
		{nil, Lamp{}},
		{[]gateway.RTMPStatus{up, up}, Lamp{ToneGood, "on air 2"}},
		{[]gateway.RTMPStatus{up, wait}, Lamp{ToneWaiting, "starting 2"}},
		{[]gateway.RTMPStatus{up, wait, lost}, Lamp{ToneBad, "trouble 1 of 3"}},
		{[]gateway.RTMPStatus{gateway.RTMPFailed}, Lamp{ToneBad, "trouble 1 of 1"}},
	} {
		require.Equal(t, tt.want, PushesLamp(tt.states))
	}
}

func TestTestOfATargetIsCutWhenTheModelCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := &slowTest{Fake: gatewaytest.New()}
		m := New(Params{API: fake, Secrets: noSecrets{}, Post: func(f func()) { f() }})
		m.TestPush(gateway.PushSpec{}, func(gateway.PushTest, *gateway.Error) { t.Error("called back after Close") })
		synctest.Wait()
		m.Close()
	})
}

// slowTest is a gateway whose RTMP servers never answer.
type slowTest struct{ *gatewaytest.Fake }

func (slowTest) TestPush(ctx context.Context, _ gateway.PushSpec) (gateway.PushTest, error) {
	<-ctx.Done()
	return gateway.PushTest{}, ctx.Err()
}
