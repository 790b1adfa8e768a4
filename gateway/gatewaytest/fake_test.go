package gatewaytest_test

import (
	"context"
	"image"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func spec(id string) gateway.CallSpec {
	return gateway.CallSpec{ID: id, Callee: "1002", Account: gateway.Account{Login: "1001", Domain: "pbx"}}
}

func next(t *testing.T, s gateway.Subscription) []gateway.Event {
	t.Helper()
	events, err := s.Next(t.Context())
	require.NoError(t, err)
	return events
}

func TestSubscriptionStartsWithEverything(t *testing.T) {
	f := gatewaytest.New()
	empty := f.Subscribe()
	require.Empty(t, next(t, empty))
	empty.Close()

	f.SetListener(gateway.Listener{Name: "rest"})
	f.SetStream(gateway.Stream{Name: "s"})
	f.SetCall(gateway.Call{ID: "a"})
	s := f.Subscribe()
	defer s.Close()
	events := next(t, s)
	require.Len(t, events, 3)
	require.Equal(t, "rest", events[0].Listener.Name)
	require.Equal(t, "s", events[1].Stream.Name)
	require.Equal(t, "a", events[2].Call.ID)
}

func TestSubscriptionKeepsTheLatestOnly(t *testing.T) {
	f := gatewaytest.New()
	s := f.Subscribe()
	defer s.Close()
	next(t, s)
	for _, status := range []gateway.CallStatus{gateway.CallTrying, gateway.CallRing, gateway.CallEstablished} {
		f.SetCall(gateway.Call{ID: "a", Status: status})
	}
	f.SetStream(gateway.Stream{Name: "s"})
	f.RemoveStream("s")
	events := next(t, s)
	require.Len(t, events, 2)
	require.Equal(t, gateway.CallEstablished, events[0].Call.Status)
	require.True(t, events[1].Removed)
}

func TestLastSnapshotComesBeforeRemoval(t *testing.T) {
	f := gatewaytest.New()
	s := f.Subscribe()
	defer s.Close()
	next(t, s)
	require.NoError(t, f.StartCall(t.Context(), spec("a")))
	require.NoError(t, f.EndCall(t.Context(), "a"))
	require.NoError(t, f.StartCall(t.Context(), spec("a")))
	events := next(t, s)
	require.Len(t, events, 3)
	require.Equal(t, gateway.CallFinish, events[0].Call.Status)
	require.Equal(t, gateway.EndLocal, events[0].Call.Ending.Reason)
	require.True(t, events[1].Removed)
	require.Equal(t, gateway.CallTrying, events[2].Call.Status)
}

func TestNextWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := gatewaytest.New()
		s := f.Subscribe()
		next(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := s.Next(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)

		go func() { f.SetCall(gateway.Call{ID: "a"}) }()
		require.Equal(t, "a", next(t, s)[0].ID)
		go s.Close()
		_, err = s.Next(t.Context())
		require.Error(t, err)
		synctest.Wait()
		require.Zero(t, f.Subscribers())
	})
}

func TestDefaultsRefuseLikeAGateway(t *testing.T) {
	f := gatewaytest.New()
	pushed := spec("a")
	pushed.RTMPURL, pushed.RTMPStream = "rtmp://host/live", "key"
	require.NoError(t, f.StartCall(t.Context(), pushed))
	again := spec("b")
	again.RTMPURL, again.RTMPStream = "rtmp://host/live", "key"
	nobody := spec("c")
	nobody.Callee = ""
	for reason, err := range map[string]error{
		gateway.ReasonCallExists:    f.StartCall(t.Context(), spec("a")),
		gateway.ReasonTargetInUse:   f.StartCall(t.Context(), again),
		gateway.ReasonRequired:      f.StartCall(t.Context(), nobody),
		gateway.ReasonCallNotFound:  f.EndCall(t.Context(), "x"),
		gateway.ReasonNotUp:         f.SendDTMF(t.Context(), "a", gateway.DTMF{Digits: "1"}),
		gateway.ReasonStreamMissing: f.RequestKeyframe(t.Context(), "x"),
	} {
		var refused *gateway.Error
		require.ErrorAs(t, err, &refused, reason)
		require.Equal(t, reason, refused.Reason)
	}
	require.Len(t, f.Snapshot().Calls, 1)
	require.Len(t, f.Started(), 4)
}

func TestPreviewMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := gatewaytest.New()
		f.SetStream(gateway.Stream{Name: "s", Live: true})
		p, err := f.OpenPreview(t.Context(), "s")
		require.NoError(t, err)
		first, fresh := p.Frame(nil)
		require.True(t, fresh)
		same, fresh := p.Frame(first)
		require.False(t, fresh)
		require.Same(t, first, same)
		time.Sleep(time.Second)
		second, fresh := p.Frame(image.NewRGBA(first.Rect))
		require.True(t, fresh)
		require.NotEqual(t, first.Pix, second.Pix)
		require.Greater(t, p.Level().RMS, gateway.SilenceLevel)
		require.Equal(t, 1, f.OpenPreviews())
		p.Close()
		require.Zero(t, f.OpenPreviews())
	})
}
