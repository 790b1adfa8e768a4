package rest

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"callcast/gateway"
)

// Params is what the REST interface needs.
type Params struct {
	API     gateway.API
	Log     *slog.Logger
	Version string // told by /healthz and the metrics
	Player  fs.FS  // the player page: index.html, player.js, player.css
}

// service answers the requests. Each endpoint is one method.
type service struct {
	api     gateway.API
	log     *slog.Logger
	version string
	page    fs.FS
}

// endpoint answers one request, or returns the error to answer with before it wrote anything.
type endpoint func(w http.ResponseWriter, r *http.Request) error

// route is one path and the methods it takes.
type route struct {
	path    string
	methods []string
	serve   endpoint
}

// Handler answers every endpoint, for a Server or for another server to mount.
func Handler(p Params) http.Handler {
	s := &service{api: p.API, log: p.Log, version: p.Version, page: p.Player}
	mux := http.NewServeMux()
	for _, r := range s.routes() {
		mux.Handle(r.path, s.handle(r))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, noSuchPath(r.URL.Path))
	})
	return s.contain(allowOrigins(mux))
}

func (s *service) routes() []route {
	post, get, both := []string{http.MethodPost}, []string{http.MethodGet}, []string{http.MethodGet, http.MethodPost}
	del := []string{http.MethodDelete}
	return []route{
		{"/rest-api/call/startup", post, s.startCall},
		{"/RESTCall/call", post, s.startCall},
		{"/rest-api/call/find", post, s.findCalls},
		{"/rest-api/call/find_all", both, s.findAllCalls},
		{"/rest-api/call/terminate", post, s.terminateCall},
		{"/rest-api/call/send_dtmf", post, s.sendDTMF},
		{"/whep/{stream}", post, s.startWatching},
		{"/whep/{stream}/{viewing}", del, s.stopWatching},
		{"/play/{stream}", get, s.player},
		{"/player/player.js", get, s.playerScript},
		{"/player/player.css", get, s.playerStyle},
		{"/rest-api/events", get, s.streamEvents},
		{"/events", get, s.streamEvents},
		{"/healthz", get, s.health},
		{"/readyz", get, s.ready},
		{"/metrics", get, s.metrics},
		{"/openapi.json", get, s.openAPI},
		{"/{$}", get, s.statistics},
	}
}

// handle turns an endpoint into a handler that knows its methods and answers its errors.
func (s *service) handle(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !rt.takes(r.Method) {
			w.Header().Set("Allow", strings.Join(rt.methods, ", "))
			s.refuse(w, r, &statusError{
				status: http.StatusMethodNotAllowed,
				text:   fmt.Sprintf("method %s is not allowed for %s: use %s.", r.Method, r.URL.Path, strings.Join(rt.methods, " or ")),
			})
			return
		}
		if err := rt.serve(w, r); err != nil {
			s.refuse(w, r, err)
		}
	})
}

func (rt route) takes(method string) bool {
	return slices.Contains(rt.methods, method) ||
		method == http.MethodHead && slices.Contains(rt.methods, http.MethodGet)
}
