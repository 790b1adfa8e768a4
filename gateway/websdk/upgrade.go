package websdk

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/coder/websocket"
)

// serve turns a request into a socket and stays with it to its end. Every path will do, because pages put what they
// like there, and so will every origin, because pages come from elsewhere.
func (s *Server) serve(life context.Context, w http.ResponseWriter, r *http.Request) {
	visitor := visitorOf(r.Context())
	visitor.spoke.Store(true)
	if !strings.EqualFold(r.Header.Get("Upgrade"), "websocket") {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, fmt.Sprintf("Callcast %s: browsers connect here by WebSocket. There is nothing to see by HTTP.", s.version),
			http.StatusUpgradeRequired)
		return
	}
	if !s.admit() {
		s.refused.Add(1)
		w.Header().Set("Retry-After", "5")
		http.Error(w, "There are too many browsers connected, or the gateway is stopping: try again later.", http.StatusServiceUnavailable)
		return
	}
	defer s.leave()
	k := newSocket(s, visitor)
	ctx, cut := context.WithCancel(life)
	defer cut()
	k.cut = cut
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, OnPingReceived: k.pinged})
	if err != nil {
		s.refused.Add(1)
		return
	}
	conn.SetReadLimit(maxMessage)
	k.conn = conn
	k.run(ctx)
	k.depart(life)
}

func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.open >= s.limits.sockets {
		return false
	}
	s.open++
	s.browsers.Add(1)
	return true
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	s.browsers.Done()
}
