package call

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// TestPlaceIsTakenWhileTheHoldIsUnderWay: whoever takes it is held or not as they were told, whatever became of the request to
// whom they have replaced; the answer of that one is for nobody.
func TestPlaceIsTakenWhileTheHoldIsUnderWay(t *testing.T) {
	for _, hold := range []bool{true, false} {
		for _, refusal := range []error{nil, errors.New("the call is over")} {
			for _, offer := range []string{"their offer", ""} {
				t.Run(fmt.Sprintf("hold %v, then %v, with %q", hold, refusal, offer), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s, other := newScene(t, nil), &phone{}
						running(t, s)
						if !hold {
							require.NoError(t, s.Hold(t.Context(), true))
						}
						s.phone.stubborn = refusal
						s.voice.answered = nil
						s.phone.during = func() {
							go s.OnReplaced(Incoming{Ringing: other, Offer: []byte(offer), Caller: "other"})
							synctest.Wait()
						}
						require.NoError(t, s.Hold(t.Context(), hold))
						s.leg.OnAnswered(200, nil)
						synctest.Wait()
						require.Equal(t, "other", s.last().Callee)
						require.Equal(t, hold, s.voice.told)
						require.Equal(t, hold, s.voice.holding)
						require.Equal(t, hold, s.last().Held.Local)
						require.NotContains(t, s.voice.answered, "agreed")
						s.phone.stubborn, s.phone.during = nil, nil
						require.NoError(t, s.Hold(t.Context(), !hold))
						require.Equal(t, !hold, s.last().Held.Local)
						s.leg.OnEnded(true, "")
						<-s.Done()
					})
				})
			}
		}
	}
}
