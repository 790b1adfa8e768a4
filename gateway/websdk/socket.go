package websdk

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"callcast/gateway"
)

const (
	maxMessage = 128 << 10
	costlyPart = 4 << 10 // that many bytes of a message cost as much as one more message
)

// socket is one browser: WCS calls it a session.
type socket struct {
	server  *Server
	visitor *visitor
	conn    *websocket.Conn
	cut     context.CancelFunc // ends it without a goodbye
	out     *outbox
	over    chan ending // says goodbye
	born    time.Time
	heard   atomic.Int64 // time since born at the last sign of life

	phone      *phone // of the reading goroutine, as is what follows
	pace       pace
	unreadable int
}

// ending is why the gateway closes a socket.
type ending struct {
	code   websocket.StatusCode
	reason string
}

func (e ending) Error() string { return e.reason }

func stopping() ending { return ending{websocket.StatusGoingAway, "the gateway is stopping"} }

func newSocket(s *Server, v *visitor) *socket {
	return &socket{
		server: s, visitor: v, out: newOutbox(), over: make(chan ending, 1), born: time.Now(),
		pace: newPace(s.limits.rate, s.limits.burst),
	}
}

// run serves the socket to its end. What it started ends with it.
func (k *socket) run(ctx context.Context) {
	// The library reads on while it says goodbye, and this is what ends a socket that it has left halfway.
	defer func() { _ = k.conn.CloseNow() }()
	var writer sync.WaitGroup
	defer writer.Wait()
	writer.Go(func() { k.write(ctx) })
	err := k.read(ctx)
	k.endSessions(ctx)
	if e, ok := errors.AsType[ending](err); ok {
		k.end(e)
	} else {
		k.cut()
	}
}

// end has the socket closed with a goodbye. The first who wants that has the last word.
func (k *socket) end(e ending) {
	select {
	case k.over <- e:
	default:
	}
}

// read does what the browser asks until it leaves or has to. A fault cuts the socket.
func (k *socket) read(ctx context.Context) error {
	defer k.server.contain("websdk socket")
	if err := k.greet(ctx); err != nil {
		return err
	}
	k.server.log.Info("browser connected", slog.String("remote", k.remote()))
	defer func() { k.server.log.Info("browser left", slog.String("remote", k.remote())) }()
	for {
		m, err := k.next(ctx, k.server.limits.unreadable)
		if err == nil {
			err = k.obey(ctx, m)
		}
		if err != nil {
			return err
		}
	}
}

func (k *socket) remote() string { return k.visitor.RemoteAddr().String() }

// next reads one message and skips what is none, unless there were too many of those.
func (k *socket) next(ctx context.Context, skippable int) (message, error) {
	for {
		kind, frame, err := k.conn.Read(ctx)
		if errors.Is(err, websocket.ErrMessageTooBig) {
			k.server.refused.Add(1)
			return message{}, ending{websocket.StatusMessageTooBig, "the message is too long"}
		}
		if err != nil {
			return message{}, err
		}
		if err := k.spend(ctx, 1+float64(len(frame))/costlyPart); err != nil {
			return message{}, err
		}
		k.alive()
		m, err := parse(frame)
		if err == nil && kind == websocket.MessageText {
			return m, nil
		}
		k.server.refused.Add(1)
		if k.unreadable++; k.unreadable > skippable {
			return message{}, ending{websocket.StatusPolicyViolation, "too many messages that cannot be read"}
		}
		k.send("fail", failure{Status: gateway.MediaFailed, Info: errUnreadable.Error()})
	}
}

// obey does what a message asks for. What cannot be done is told, so that whoever writes a page sees it; the clients
// take it for a warning. It returns an error only to close the socket.
func (k *socket) obey(ctx context.Context, m message) error {
	do, ok := k.server.verbs[m.name]
	if !ok {
		do = (*socket).unknown
	}
	err := do(k, ctx, m.fields)
	k.alive() // the gateway may have taken its time
	if err == nil {
		return nil
	}
	k.server.refused.Add(1)
	if e, ok := errors.AsType[ending](err); ok {
		return e
	}
	k.send("fail", failure{
		APIMethod: clip(m.name), ID: clip(cmp.Or(m.fields.text("mediaSessionId"), m.fields.text("callId"))), Status: gateway.MediaFailed, Info: err.Error(),
	})
	return nil
}

// failure is the data of the message "fail".
type failure struct {
	APIMethod string              `json:"apiMethod"`
	ID        string              `json:"id,omitempty"`
	Status    gateway.MediaStatus `json:"status"`
	Info      string              `json:"info"`
}

// clip shortens what a browser is told again.
func clip(s string) string { return s[:min(len(s), maxID)] }

// pinged is for pings of the WebSocket protocol, which cost as much as messages.
func (k *socket) pinged(ctx context.Context, _ []byte) bool {
	k.alive()
	return k.spend(ctx, 1) == nil
}

// spend waits as long as the socket has to for its pace. What it sends meanwhile waits in the network.
// It returns an error when the socket is to end.
func (k *socket) spend(ctx context.Context, cost float64) error {
	timer := time.NewTimer(k.pace.spend(cost, time.Now()))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-k.server.closing:
		return stopping()
	}
}

func (k *socket) alive() { k.heard.Store(int64(time.Since(k.born))) }

// silent reports whether the browser has missed too many pings.
func (k *socket) silent() bool {
	quiet := time.Since(k.born) - time.Duration(k.heard.Load())
	return quiet > time.Duration(k.server.limits.missed)*k.server.limits.ping
}

// send queues a message. A browser for which there is no room left does not read, and is cut.
func (k *socket) send(name string, data ...any) {
	if !k.put(1, name, data...) {
		k.cut()
	}
}

// offer queues a message that may be lost on a browser that reads slowly.
func (k *socket) offer(name string, data ...any) { k.put(0.5, name, data...) }

func (k *socket) put(part float64, name string, data ...any) bool {
	frame, err := compose(name, data...)
	if err != nil {
		k.server.log.Error("websdk message", slog.String("message", name), slog.Any("error", err))
		return true
	}
	return k.out.put(frame, part)
}
