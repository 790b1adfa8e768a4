package rest

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

// deadlines is a recorder that a ResponseController can handle.
type deadlines struct{ *httptest.ResponseRecorder }

func (deadlines) SetWriteDeadline(time.Time) error { return nil }

func TestHeartbeat(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fake := gatewaytest.New()
		sub := fake.Subscribe()
		defer sub.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 2*heartbeatEvery+time.Second)
		defer cancel()
		w := deadlines{httptest.NewRecorder()}
		err := follow(ctx, sub, eventWriter{w: w, ctl: http.NewResponseController(w)})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 2, strings.Count(w.Body.String(), ": still here\n\n"))
	})
}

// ended is a subscription that the engine closed.
type ended struct{}

func (ended) Next(context.Context) ([]gateway.Event, error) { return nil, errors.New("closed") }
func (ended) Close()                                        {}

func TestEventsEndWithTheSubscription(t *testing.T) {
	_, err := nextBefore(t.Context(), ended{}, time.Hour)
	require.EqualError(t, err, "closed")
}
