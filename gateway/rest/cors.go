package rest

import "net/http"

// allowOrigins lets pages from any origin use the interface: WCS pages are served from another origin than REST and
// send JSON, so every request of theirs is preceded by a preflight.
//
// The origin is "*" and credentials are not allowed, so a browser never adds a user's credentials to such a request.
func allowOrigins(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Access-Control-Allow-Origin", "*")
		if r.Method != http.MethodOptions {
			next.ServeHTTP(w, r)
			return
		}
		h.Set("Access-Control-Allow-Methods", "GET, POST, PATCH, DELETE, OPTIONS")
		if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
			h.Set("Access-Control-Allow-Headers", asked)
		}
		if takesSDP(r.URL.Path) {
			h.Set("Accept-Post", sdpType) // RFC 9725 section 4.2
		}
		h.Set("Access-Control-Max-Age", "600")
		h.Add("Vary", "Access-Control-Request-Headers")
		w.WriteHeader(http.StatusNoContent)
	})
}
