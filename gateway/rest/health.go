package rest

import (
	_ "embed"
	"net/http"
)

//go:embed openapi.json
var openAPIDocument []byte

// health tells that the process answers.
func (s *service) health(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok", "version": s.version})
}

// ready tells whether the gateway listens everywhere it should, and if not, why.
func (s *service) ready(w http.ResponseWriter, _ *http.Request) error {
	status, word := http.StatusOK, "ready"
	listeners := []*listener{}
	for _, l := range s.api.Snapshot().Listeners {
		listeners = append(listeners, listenerOf(l))
		if l.Err != nil {
			status, word = http.StatusServiceUnavailable, "not ready"
		}
	}
	return reply(w, status, map[string]any{"status": word, "listeners": listeners})
}

func (s *service) openAPI(w http.ResponseWriter, _ *http.Request) error {
	return send(w, http.StatusOK, "application/json", openAPIDocument)
}
