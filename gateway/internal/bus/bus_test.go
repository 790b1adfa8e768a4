package bus

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"callcast/gateway"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func callNow(id string, status gateway.CallStatus) gateway.Call {
	return gateway.Call{ID: id, Status: status}
}

// told is what a subscriber is told now, in short: "kind id status" or "kind id gone".
func told(t *testing.T, s gateway.Subscription) []string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	events, err := s.Next(ctx)
	require.NoError(t, err)
	var words []string
	for _, e := range events {
		switch {
		case e.Removed:
			require.Nil(t, e.Call)
			words = append(words, fmt.Sprint(e.Kind, " ", e.ID, " gone"))
		case e.Call != nil:
			require.Equal(t, e.ID, e.Call.ID)
			words = append(words, fmt.Sprint(e.Kind, " ", e.ID, " ", e.Call.Status))
		default:
			words = append(words, fmt.Sprint(e.Kind, " ", e.ID))
		}
	}
	return words
}

func TestSubscriberStartsWithEverythingInOrderOfCreation(t *testing.T) {
	var b Bus
	b.SetListener(gateway.Listener{Name: "sip"})
	b.SetCall(callNow("b", gateway.CallNew))
	b.SetCall(callNow("a", gateway.CallNew))
	b.SetStream(gateway.Stream{Name: "s"})
	b.SetCall(callNow("b", gateway.CallRing)) // a change is no creation
	s := b.Subscribe()
	defer s.Close()
	require.Equal(t, []string{"listener sip", "call b RING", "call a NEW", "stream s"}, told(t, s))

	all := b.Snapshot()
	require.Equal(t, []gateway.Call{callNow("b", gateway.CallRing), callNow("a", gateway.CallNew)}, all.Calls)
	require.Equal(t, []gateway.Stream{{Name: "s"}}, all.Streams)
	require.Equal(t, []gateway.Listener{{Name: "sip"}}, all.Listeners)
}

func TestFirstNextReturnsAtOnceThoughNothingExists(t *testing.T) {
	var b Bus
	s := b.Subscribe()
	defer s.Close()
	require.Empty(t, told(t, s))
	require.Zero(t, b.Snapshot())
}

func TestSlowSubscriberGetsTheLatestValueOnly(t *testing.T) {
	var b Bus
	s := b.Subscribe()
	defer s.Close()
	for range 1000 {
		b.SetCall(callNow("a", gateway.CallTrying))
	}
	b.SetCall(callNow("b", gateway.CallNew))
	b.SetCall(callNow("a", gateway.CallEstablished))
	require.Equal(t, []string{"call a ESTABLISHED", "call b NEW"}, told(t, s))
	b.SetCall(callNow("a", gateway.CallHold))
	require.Equal(t, []string{"call a HOLD"}, told(t, s), "what was told is not told again")
}

func TestEndOfACallIsToldBeforeItsRemoval(t *testing.T) {
	tests := []struct {
		name   string
		happen func(b *Bus)
		want   []string
	}{
		{"short life", func(b *Bus) {
			b.SetCall(callNow("a", gateway.CallNew))
			b.SetCall(callNow("a", gateway.CallBusy))
			b.Remove(gateway.EventCall, "a")
		}, []string{"call a BUSY", "call a gone"}},
		{"its id is used again", func(b *Bus) {
			b.SetCall(callNow("a", gateway.CallBusy))
			b.Remove(gateway.EventCall, "a")
			b.SetCall(callNow("a", gateway.CallNew))
			b.SetCall(callNow("a", gateway.CallRing))
		}, []string{"call a BUSY", "call a gone", "call a RING"}},
		{"removed twice", func(b *Bus) {
			b.SetCall(callNow("a", gateway.CallFinish))
			b.Remove(gateway.EventCall, "a")
			b.Remove(gateway.EventCall, "a")
		}, []string{"call a FINISH", "call a gone"}},
		{"another kind of the same name", func(b *Bus) {
			b.SetCall(callNow("a", gateway.CallFinish))
			b.Remove(gateway.EventStream, "a")
		}, []string{"call a FINISH"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var b Bus
			s := b.Subscribe()
			defer s.Close()
			require.Empty(t, told(t, s))
			tt.happen(&b)
			require.Equal(t, tt.want, told(t, s))
		})
	}
}

func TestManyLivesWithoutALookStayBounded(t *testing.T) {
	var b Bus
	s := b.Subscribe()
	defer s.Close()
	for range 100 {
		b.SetCall(callNow("a", gateway.CallFinish))
		b.Remove(gateway.EventCall, "a")
	}
	b.SetCall(callNow("a", gateway.CallRing))
	require.Equal(t, []string{"call a FINISH", "call a gone", "call a RING"}, told(t, s))
}

// Whoever follows the stream from its beginning knows what a snapshot at its end says, whenever he subscribed.
func TestSnapshotAndStreamLoseNothingBetweenThem(t *testing.T) {
	const ids, rounds, watchers = 20, 50, 8
	var b Bus
	var writing, watching sync.WaitGroup
	for id := range ids {
		writing.Go(func() {
			name := fmt.Sprint(id)
			for n := range rounds {
				b.SetCall(gateway.Call{ID: name, SIPStatus: n})
				if n%7 == id%7 {
					b.Remove(gateway.EventCall, name)
				}
			}
			b.SetCall(gateway.Call{ID: name, SIPStatus: rounds})
		})
	}
	for range watchers {
		watching.Go(func() {
			s := b.Subscribe()
			defer s.Close()
			known := map[string]int{}
			for done := 0; done < ids; {
				events, err := s.Next(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				done = 0
				for _, e := range events {
					if e.Removed {
						delete(known, e.ID)
					} else {
						known[e.ID] = e.Call.SIPStatus
					}
				}
				for _, n := range known {
					if n == rounds {
						done++
					}
				}
			}
		})
	}
	writing.Wait()
	watching.Wait() // hangs if a last value was lost
	require.Len(t, b.Snapshot().Calls, ids)
}

func TestNextEndsWithItsContextAndItsSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b Bus
		s := b.Subscribe()
		require.Empty(t, told(t, s))

		why := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(why) })
		_, err := s.Next(ctx)
		require.ErrorIs(t, err, why)

		b.SetCall(callNow("a", gateway.CallNew))
		_, err = s.Next(ctx)
		require.ErrorIs(t, err, why, "also while something is pending")
		require.Equal(t, []string{"call a NEW"}, told(t, s), "which is not lost")

		time.AfterFunc(time.Second, s.Close)
		_, err = s.Next(t.Context())
		require.ErrorIs(t, err, errClosed)
		s.Close()
		b.SetCall(callNow("a", gateway.CallRing))
		_, err = s.Next(t.Context())
		require.ErrorIs(t, err, errClosed)
		require.Empty(t, b.subscribers, "a closed subscription costs nothing")
	})
}

func TestSubscriberThatReadsNothingIsCut(t *testing.T) {
	var b Bus
	s := b.Subscribe()
	defer s.Close()
	for n := range maxPending + 1 {
		id := strconv.Itoa(n)
		b.SetCall(gateway.Call{ID: id, Status: gateway.CallFinish})
		b.Remove(gateway.EventCall, id)
	}
	_, err := s.Next(t.Context())
	require.ErrorIs(t, err, errLagging)
}
