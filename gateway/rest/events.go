package rest

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"callcast/gateway"
)

const (
	heartbeatEvery = 15 * time.Second // below the idle time-outs of usual proxies
	eventWriteTime = 10 * time.Second // for each event: a client that takes longer to read is gone
)

// change is the data of every event but the first. The entity is absent once it is removed.
type change struct {
	ID       string    `json:"id"`
	Removed  bool      `json:"removed"`
	Call     *liveCall `json:"call,omitempty"`
	Stream   *stream   `json:"stream,omitempty"`
	Session  *session  `json:"session,omitempty"`
	Push     *livePush `json:"push,omitempty"`
	Pull     *livePull `json:"pull,omitempty"`
	Listener *listener `json:"listener,omitempty"`

	Registration *registration `json:"registration,omitempty"`
}

// everything is the data of the first event, "snapshot".
type everything struct {
	Calls     []*liveCall `json:"calls"`
	Streams   []*stream   `json:"streams"`
	Sessions  []*session  `json:"sessions"`
	Pushes    []*livePush `json:"pushes"`
	Pulls     []*livePull `json:"pulls"`
	Listeners []*listener `json:"listeners"`

	Registrations []*registration `json:"registrations"`
}

// streamEvents serves Server-Sent Events: everything that exists as one "snapshot" event, then one event for each
// change. It ends with the client or the server.
func (s *service) streamEvents(w http.ResponseWriter, r *http.Request) error {
	sub := s.api.Subscribe()
	defer sub.Close()
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx in front would hold events back
	out := eventWriter{w: w, ctl: http.NewResponseController(w)}
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	// Whatever ends the stream, there is nobody left to tell.
	_ = follow(r.Context(), sub, out)
	return nil
}

func follow(ctx context.Context, sub gateway.Subscription, out eventWriter) error {
	first, err := sub.Next(ctx)
	if err != nil {
		return err
	}
	if err := out.write("snapshot", everythingOf(first)); err != nil {
		return err
	}
	for {
		events, err := nextBefore(ctx, sub, heartbeatEvery)
		if err != nil {
			return err
		}
		if err := out.changes(events); err != nil {
			return err
		}
	}
}

// nextBefore returns no events and no error when nothing happened for the time given.
func nextBefore(ctx context.Context, sub gateway.Subscription, limit time.Duration) ([]gateway.Event, error) {
	wait, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	events, err := sub.Next(wait)
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	return events, err
}

func everythingOf(events []gateway.Event) everything {
	all := everything{
		Calls: []*liveCall{}, Streams: []*stream{}, Sessions: []*session{}, Pushes: []*livePush{}, Pulls: []*livePull{},
		Listeners: []*listener{}, Registrations: []*registration{},
	}
	for _, e := range events {
		c := changeOf(e)
		switch {
		case c.Call != nil:
			all.Calls = append(all.Calls, c.Call)
		case c.Stream != nil:
			all.Streams = append(all.Streams, c.Stream)
		case c.Session != nil:
			all.Sessions = append(all.Sessions, c.Session)
		case c.Push != nil:
			all.Pushes = append(all.Pushes, c.Push)
		case c.Pull != nil:
			all.Pulls = append(all.Pulls, c.Pull)
		case c.Listener != nil:
			all.Listeners = append(all.Listeners, c.Listener)
		case c.Registration != nil:
			all.Registrations = append(all.Registrations, c.Registration)
		}
	}
	return all
}

func changeOf(e gateway.Event) change {
	c := change{ID: e.ID, Removed: e.Removed}
	switch {
	case e.Call != nil:
		c.Call = liveCallOf(*e.Call)
	case e.Stream != nil:
		c.Stream = streamOf(*e.Stream)
	case e.Session != nil:
		c.Session = sessionOf(*e.Session)
	case e.Push != nil:
		c.Push = livePushOf(*e.Push)
	case e.Pull != nil:
		c.Pull = livePullOf(*e.Pull)
	case e.Listener != nil:
		c.Listener = listenerOf(*e.Listener)
	case e.Registration != nil:
		c.Registration = registrationOf(*e.Registration)
	}
	return c
}

type eventWriter struct {
	w   http.ResponseWriter
	ctl *http.ResponseController
}

// changes writes a batch, or a heartbeat if it is empty.
func (o eventWriter) changes(events []gateway.Event) error {
	if len(events) == 0 {
		return o.flush(": still here\n\n")
	}
	for _, e := range events {
		if err := o.write(string(e.Kind), changeOf(e)); err != nil {
			return err
		}
	}
	return nil
}

// write sends one event. JSON has no line breaks, so one data line holds it.
func (o eventWriter) write(name string, data any) error {
	body, err := encode(data)
	if err != nil {
		return err
	}
	return o.flush(fmt.Sprintf("event: %s\ndata: %s\n\n", name, body))
}

func (o eventWriter) flush(text string) error {
	if err := o.ctl.SetWriteDeadline(time.Now().Add(eventWriteTime)); err != nil {
		return err
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.ctl.Flush()
}
