package rest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func TestPublishingAndStopping(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	r := httptest.NewRequest(http.MethodPost, "/whip/a%20b", strings.NewReader("v=0\r\noffer"))
	r.Header.Set("Content-Type", "application/sdp")
	r.Header.Set("Authorization", "Bearer whatever")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	require.Equal(t, http.StatusCreated, w.Code, w.Body)
	require.Equal(t, "application/sdp", w.Header().Get("Content-Type"))
	require.Equal(t, "v=0\r\n", w.Body.String())
	require.Equal(t, "/whip/a%20b/session-1", w.Header().Get("Location"))
	require.Equal(t, `"session-1"`, w.Header().Get("ETag"))
	require.Equal(t, "Location, ETag", w.Header().Get("Access-Control-Expose-Headers"))
	require.Equal(t, []gateway.PublishSpec{{Stream: "a b", Offer: "v=0\r\noffer"}}, fake.Published())

	w = askSDP(h, http.MethodPost, "/whip/a%20b", sdpType, "v=0")
	require.Equal(t, http.StatusConflict, w.Code)
	require.Equal(t, gateway.ReasonStreamInUse, faultIn(t, w)["reason"])

	require.Equal(t, http.StatusOK, ask(h, http.MethodDelete, "/whip/a%20b/session-1", "").Code)
	require.Empty(t, fake.Snapshot().Streams)
	w = ask(h, http.MethodDelete, "/whip/a%20b/session-1", "")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, gateway.ReasonSessionMissing, faultIn(t, w)["reason"])
}

// TestWHIPMethods holds RFC 9725 section 4.2: what is reserved answers 405.
func TestWHIPMethods(t *testing.T) {
	h := handlerOf(gatewaytest.New())
	for path, methods := range map[string][]string{
		"/whip/s":   {http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete},
		"/whip/s/m": {http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodPost},
	} {
		for _, method := range methods {
			w := ask(h, method, path, "")
			require.Equal(t, http.StatusMethodNotAllowed, w.Code, method+path)
			require.Equal(t, method == http.MethodPatch, strings.Contains(w.Body.String(), "No candidates need to be sent"), method)
		}
	}
}

func TestPublishingThatIsRefused(t *testing.T) {
	fake := gatewaytest.New()
	h := handlerOf(fake)
	w := askSDP(h, http.MethodPost, "/whip/s", "application/json", "{}")
	require.Equal(t, http.StatusUnsupportedMediaType, w.Code)
	w = askSDP(h, http.MethodPost, "/whip/s", sdpType, strings.Repeat("a", maxBody+1))
	require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	require.Empty(t, fake.Published())

	fake.PublishFunc = func(context.Context, gateway.PublishSpec) (gateway.MediaAnswer, error) {
		return gateway.MediaAnswer{}, &gateway.Error{Code: gateway.CodeInvalid, Reason: gateway.ReasonNoCodec, Field: "sdp", Message: "offer H264."}
	}
	w = askSDP(h, http.MethodPost, "/whip/s", sdpType, "v=0")
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Equal(t, gateway.ReasonNoCodec, faultIn(t, w)["reason"])
	require.Empty(t, w.Header().Get("Location"))
}
