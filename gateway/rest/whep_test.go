package rest

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"callcast/gateway"
	"callcast/gateway/gatewaytest"
)

func askSDP(h http.Handler, method, path, contentType, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestWatchingAndStopping(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetStream(gateway.Stream{Name: "a b"})
	h := handlerOf(fake)
	w := askSDP(h, http.MethodPost, "/whep/a%20b", "application/sdp; charset=utf-8", "v=0\r\noffer")
	require.Equal(t, http.StatusCreated, w.Code)
	require.Equal(t, "application/sdp", w.Header().Get("Content-Type"))
	require.Equal(t, "v=0\r\n", w.Body.String())
	require.Equal(t, "/whep/a%20b/session-1", w.Header().Get("Location"))
	require.Equal(t, `"session-1"`, w.Header().Get("ETag"))
	require.Equal(t, "*", w.Header().Get("Access-Control-Allow-Origin"))
	require.Equal(t, "Location, ETag", w.Header().Get("Access-Control-Expose-Headers"))
	require.Equal(t, []gateway.PlaySpec{{Stream: "a b", Offer: "v=0\r\noffer"}}, fake.Played())

	w = askSDP(h, http.MethodPatch, "/whep/a%20b/session-1", "application/trickle-ice-sdpfrag", "a=candidate")
	require.Equal(t, http.StatusMethodNotAllowed, w.Code)
	require.Equal(t, "DELETE", w.Header().Get("Allow"))
	require.Contains(t, faultIn(t, w)["message"], "No candidates need to be sent")

	require.Equal(t, http.StatusOK, ask(h, http.MethodDelete, "/whep/a%20b/session-1", "").Code)
	w = ask(h, http.MethodDelete, "/whep/a%20b/session-1", "")
	require.Equal(t, http.StatusNotFound, w.Code)
	require.Equal(t, gateway.ReasonSessionMissing, faultIn(t, w)["reason"])
}

func TestOffersThatAreRefused(t *testing.T) {
	fake := gatewaytest.New()
	fake.SetStream(gateway.Stream{Name: "s"})
	h := handlerOf(fake)
	for name, tt := range map[string]struct {
		path, contentType, body string
		status                  int
		reason                  string
	}{
		"no such stream": {"/whep/none", sdpType, "v=0", http.StatusNotFound, gateway.ReasonStreamMissing},
		"not SDP":        {"/whep/s", "application/json", "{}", http.StatusUnsupportedMediaType, "content_type"},
		"too long":       {"/whep/s", sdpType, strings.Repeat("a", maxBody+1), http.StatusRequestEntityTooLarge, gateway.ReasonTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			w := askSDP(h, http.MethodPost, tt.path, tt.contentType, tt.body)
			require.Equal(t, tt.status, w.Code)
			require.Equal(t, tt.reason, faultIn(t, w)["reason"])
			require.Empty(t, w.Header().Get("Location"))
		})
	}
}

func TestPlayerPage(t *testing.T) {
	page := fstest.MapFS{"index.html": {Data: []byte("<p>")}, "player.js": {Data: []byte("1")}, "player.css": {Data: []byte("p{}")}}
	h := Handler(Params{API: gatewaytest.New(), Log: slog.New(slog.DiscardHandler), Player: page})
	for path, kind := range map[string]string{
		"/play/any%20stream": "text/html", "/player/player.js": "text/javascript", "/player/player.css": "text/css",
	} {
		w := ask(h, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, w.Code)
		require.Contains(t, w.Header().Get("Content-Type"), kind)
		require.Contains(t, w.Header().Get("Content-Security-Policy"), "default-src 'none'")
		require.NotEmpty(t, w.Body.String())
	}
	require.Equal(t, http.StatusNotFound, ask(h, http.MethodGet, "/player/secret", "").Code)
}
