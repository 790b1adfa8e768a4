package websdk

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"callcast/gateway"
)

// phone is the telephone of a session: its account, its registration and its calls. It stays when its socket breaks, if
// the page asked for that, and the next socket that knows its token takes it over.
type phone struct {
	token   string
	appKey  string
	account gateway.Account
	flaw    error          // what is wrong with the account
	keep    bool           // stay for a while without a socket
	user    map[string]any // what the session is told of itself
	ready   chan struct{}  // closed when it may call: at once, or when the registrar has spoken
	lines   sync.WaitGroup // the goroutine of every line

	// The switchboard's lock guards what follows.
	registration string // its id; empty without
	asked        bool   // the gateway was, for the registration
	status       gateway.RegistrationStatus
	words        string        // of the registrar
	registered   bool          // it was, once
	greeted      *socket       // was told so
	socket       *socket       // nil while there is none
	taken        chan struct{} // closed when a socket takes it over; set while there is none
	byID         map[string]*line
	retired      bool
}

func newPhone(f fields, user map[string]any) *phone {
	p := &phone{
		token: rand.Text(), appKey: f.text("appKey"), keep: f.text("keepAlive") == "true", user: user,
		ready: make(chan struct{}), byID: map[string]*line{},
	}
	p.account, p.flaw = accountOf(f)
	if f.text("sipRegisterRequired") == "true" {
		p.registration = rand.Text()
	} else {
		close(p.ready)
	}
	user["authToken"] = p.token
	return p
}

// tell queues a message for the browser, if one is there. It is called under the switchboard's lock.
func (p *phone) tell(name string, data ...any) {
	if p.socket != nil {
		p.socket.send(name, data...)
	}
}

// depart parts the socket from its phone. The phone goes with it, or waits a while for another socket; while it waits
// it counts as a socket.
func (k *socket) depart(ctx context.Context) {
	p, board := k.phone, k.server.switchboard
	if p == nil {
		return
	}
	taken, mine := board.part(p, k)
	if !mine {
		return
	}
	if taken != nil {
		timer := time.NewTimer(k.server.limits.keep)
		defer timer.Stop()
		select {
		case <-taken:
			return
		case <-timer.C:
		case <-k.server.closing:
		case <-ctx.Done():
		}
	}
	if board.retire(p, taken) {
		k.server.scrap(ctx, p)
	}
}

// scrap ends what a phone that is retired has started. Each line hangs itself up.
func (s *Server) scrap(ctx context.Context, p *phone) {
	p.lines.Wait()
	s.switchboard.clear(p)
	if p.registration == "" {
		return
	}
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), s.limits.request)
	defer done()
	if err := s.api.Unregister(ctx, p.registration); err != nil {
		s.log.Debug("registration had ended", slog.String("login", p.account.Login), slog.Any("error", err))
	}
}
