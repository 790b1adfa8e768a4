package model

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

type noSecrets struct{}

func (noSecrets) Get(string) (gateway.Secret, error) { return "", errors.New("locked") }
func (noSecrets) Set(string, gateway.Secret) error   { return errors.New("locked") }

// started is a model whose main goroutine is the one that reads the returned channel.
func started(t *testing.T, fake *gatewaytest.Fake) (*Model, <-chan func()) {
	t.Helper()
	posted := make(chan func(), 10)
	m := New(Params{
		API: fake, Secrets: noSecrets{}, Post: func(f func()) { posted <- f }, Log: slog.New(slog.DiscardHandler),
	})
	m.Start()
	return m, posted
}

// runFor plays the main goroutine for some time and returns how many functions passed the funnel.
func runFor(d time.Duration, posted <-chan func()) int {
	end := time.After(d)
	for n := 0; ; n++ {
		select {
		case f := <-posted:
			f()
		case <-end:
			return n
		}
	}
}

func TestEventsArriveInBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		m, posted := started(t, fake)
		changes := 0
		m.OnChange = func(c Change) {
			if len(c.Calls.Keys) > 0 {
				changes++
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		var busy sync.WaitGroup
		busy.Go(func() { // a thousand changes a second
			for i := 0; ctx.Err() == nil; i++ {
				fake.SetCall(gateway.Call{ID: fmt.Sprint(i % 100), Status: gateway.CallRing})
				time.Sleep(time.Millisecond)
			}
		})
		runFor(2*time.Second, posted)
		cancel()
		busy.Wait()
		require.InDelta(t, 40, changes, 2, "twenty batches a second")
		require.Len(t, m.Calls(), 100)
		m.Close()
	})
}

func TestSlowWindowHoldsOneBatchOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		m, posted := started(t, fake)
		for i := range 1000 {
			fake.SetCall(gateway.Call{ID: fmt.Sprint(i), Status: gateway.CallRing})
			time.Sleep(time.Millisecond)
		}
		synctest.Wait()
		require.LessOrEqual(t, len(posted), 2, "one batch of events and one tick of the clock")
		runFor(time.Second, posted)
		require.Len(t, m.Calls(), 1000)
		m.Close()
		require.Zero(t, fake.Subscribers())
	})
}

func TestCloseDoesNotWaitForTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		fake.StartCallFunc = func(ctx context.Context, _ gateway.CallSpec) error {
			<-ctx.Done()
			return ctx.Err()
		}
		m, posted := started(t, fake)
		told := false
		m.StartCall(gateway.CallSpec{ID: "a"}, func(*gateway.Error) { told = true })
		synctest.Wait()
		m.Close()
		m.Close()
		for len(posted) > 0 {
			(<-posted)()
		}
		require.False(t, told, "called back after Close")
	})
}

func TestEndedCallsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		m, posted := started(t, fake)
		for i := range 60 {
			fake.SetCall(gateway.Call{ID: fmt.Sprint(i), Status: gateway.CallBusy})
			fake.RemoveCall(fmt.Sprint(i))
			time.Sleep(time.Second)
			runFor(100*time.Millisecond, posted)
		}
		require.Empty(t, m.Calls())
		require.Len(t, m.Ended(), 50)
		require.Equal(t, "59", m.Ended()[0].ID, "newest first")
		require.Equal(t, "10", m.Ended()[49].ID)
		m.Close()
	})
}

func TestOwnCallIsSelectedOverAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		fake.SetCall(gateway.Call{ID: "other", Status: gateway.CallEstablished})
		m, posted := started(t, fake)
		runFor(time.Second, posted)
		require.Equal(t, "other", m.Selected().Call.ID)
		spec := gateway.CallSpec{ID: "own", Callee: "1002", Account: gateway.Account{Login: "1", Domain: "pbx"}}
		m.StartCall(spec, func(err *gateway.Error) { require.Nil(t, err) })
		runFor(time.Second, posted)
		require.Equal(t, "own", m.Selected().Call.ID)
		require.NoError(t, fake.EndCall(t.Context(), "own"))
		runFor(time.Second, posted)
		require.Equal(t, "own", m.Selected().Call.ID, "why it ended stays on show")
		require.Equal(t, gateway.CallFinish, m.Selected().Call.Status)
		m.Close()
	})
}

func TestPreviewFollowsTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		m, posted := started(t, fake)
		pictures := 0
		m.OnPicture = func(p Picture) {
			if p.Frame != nil {
				pictures++
			}
		}
		call := gateway.Call{ID: "a", Status: gateway.CallEstablished, Stream: "s"}
		fake.SetStream(gateway.Stream{Name: "s"})
		fake.SetCall(call)
		runFor(time.Second, posted)
		require.Zero(t, fake.OpenPreviews(), "a reserved stream has nothing to show")
		fake.SetStream(gateway.Stream{Name: "s", Live: true})
		runFor(2*time.Second, posted)
		require.InDelta(t, 50, pictures, 5, "twenty-five pictures a second")
		fake.RemoveStream("s")
		runFor(time.Second, posted)
		require.Zero(t, fake.OpenPreviews())
		m.Close()
	})
}
