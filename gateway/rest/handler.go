package rest

import (
	"io/fs"
	"log/slog"
	"net/http"
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

// handle turns an endpoint into a handler that knows its methods and answers its errors.
func (s *service) handle(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !rt.takes(r.Method) {
			w.Header().Set("Allow", strings.Join(rt.methods, ", "))
			s.refuse(w, r, rt.refusal(r))
			return
		}
		if err := rt.serve(w, r); err != nil {
			s.refuse(w, r, err)
		}
	})
}
