package rest

import (
	"io/fs"
	"net/http"
)

// playerPolicy lets the page load what stands beside it and nothing else.
const playerPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; media-src 'self' blob:; " +
	"img-src data:; base-uri 'none'; form-action 'none'"

// player serves GET /play/{stream}. The page is the same for every stream: it reads the name from its own address.
func (s *service) player(w http.ResponseWriter, _ *http.Request) error {
	return s.playerFile(w, "index.html", "text/html; charset=utf-8")
}

func (s *service) playerScript(w http.ResponseWriter, _ *http.Request) error {
	return s.playerFile(w, "player.js", "text/javascript; charset=utf-8")
}

func (s *service) playerStyle(w http.ResponseWriter, _ *http.Request) error {
	return s.playerFile(w, "player.css", "text/css; charset=utf-8")
}

func (s *service) playerFile(w http.ResponseWriter, name, contentType string) error {
	page, err := fs.ReadFile(s.page, name)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", playerPolicy)
	return send(w, http.StatusOK, contentType, page)
}
