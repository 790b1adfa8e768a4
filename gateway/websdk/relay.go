package websdk

import (
	"context"
	"encoding/json"
	"fmt"
)

// What a page that publishes tells those that play its stream.
const (
	eventData         = "data"
	eventAudioMuted   = "audioMuted"
	eventAudioUnmuted = "audioUnmuted"
	eventVideoMuted   = "videoMuted"
	eventVideoUnmuted = "videoUnmuted"
)

const maxPayload = 16 << 10

// sendStreamEvent passes what a publishing page tells on to every socket that plays its stream, under the ids that
// those know. Only what pages may tell is passed on: a resize, for one, is the gateway's to tell.
func (k *socket) sendStreamEvent(_ context.Context, f fields) error {
	kind, payload := f.text("type"), f["payload"]
	switch kind {
	case eventData, eventAudioMuted, eventAudioUnmuted, eventVideoMuted, eventVideoUnmuted:
	default:
		return fmt.Errorf("stream event %q is not passed on", clip(kind))
	}
	if len(payload) > maxPayload {
		return fmt.Errorf("payload is longer than %d KiB", maxPayload>>10)
	}
	for _, m := range k.server.registry.audience(k, f.text("mediaSessionId"), kind) {
		m.owner.offer("notifyStreamEvent", eventOf(m, kind, payload))
	}
	return nil
}

func eventOf(m *media, kind string, payload json.RawMessage) streamEvent {
	e := streamEvent{ID: m.id, Type: kind}
	if payload != nil {
		e.Payload = payload
	}
	return e
}

// audience is who plays the stream that a socket publishes, after it was noted what is muted.
func (r *registry) audience(by *socket, id, kind string) []*media {
	r.mu.Lock()
	defer r.mu.Unlock()
	from := r.byID[id]
	if from == nil || from.owner != by || !from.published {
		return nil
	}
	switch kind {
	case eventAudioMuted, eventAudioUnmuted:
		from.audioMuted = kind == eventAudioMuted
	case eventVideoMuted, eventVideoUnmuted:
		from.videoMuted = kind == eventVideoMuted
	}
	if !from.answered {
		return nil
	}
	var all []*media
	for m := range r.byStream[from.stream] {
		if !m.published && m.running {
			all = append(all, m)
		}
	}
	return all
}

// tellMutes tells a page that starts to play what is muted already. It is called under the lock.
func (r *registry) tellMutes(player *media) {
	if player.published {
		return
	}
	for m := range r.byStream[player.stream] {
		if !m.published || !m.answered {
			continue
		}
		if m.audioMuted {
			player.owner.send("notifyStreamEvent", eventOf(player, eventAudioMuted, nil))
		}
		if m.videoMuted {
			player.owner.send("notifyStreamEvent", eventOf(player, eventVideoMuted, nil))
		}
	}
}
