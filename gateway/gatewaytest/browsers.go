package gatewaytest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"callcast/gateway"
)

// Play implements gateway.API. By default every stream that exists can be played; the answer says nothing, and the
// media session is PENDING until SetSession says otherwise.
func (f *Fake) Play(ctx context.Context, spec gateway.PlaySpec) (gateway.MediaAnswer, error) {
	f.mu.Lock()
	f.played = append(f.played, spec)
	f.mu.Unlock()
	if f.PlayFunc != nil {
		return f.PlayFunc(ctx, spec)
	}
	if err := f.streamExists(spec.Stream); err != nil {
		return gateway.MediaAnswer{}, err
	}
	return f.admit(gateway.MediaSession{ID: spec.ID, Stream: spec.Stream, HasAudio: true, HasVideo: true})
}

// Publish implements gateway.API. By default every name that is free can be published under, and becomes a stream.
func (f *Fake) Publish(ctx context.Context, spec gateway.PublishSpec) (gateway.MediaAnswer, error) {
	f.mu.Lock()
	f.published = append(f.published, spec)
	f.mu.Unlock()
	if f.PublishFunc != nil {
		return f.PublishFunc(ctx, spec)
	}
	if f.streamExists(spec.Stream) == nil {
		return gateway.MediaAnswer{}, refused(gateway.CodeConflict, gateway.ReasonStreamInUse, "streamName", spec.Stream,
			"another source publishes under this name")
	}
	answer, err := f.admit(gateway.MediaSession{ID: spec.ID, Stream: spec.Stream, Published: true, HasAudio: true, HasVideo: true})
	if err == nil {
		f.SetStream(gateway.Stream{ID: answer.ID, Name: spec.Stream, Source: gateway.SourceWebRTC})
	}
	return answer, err
}

func (f *Fake) admit(m gateway.MediaSession) (gateway.MediaAnswer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if m.ID == "" {
		m.ID = f.makeID("session")
	}
	if _, ok := f.sessions.get(m.ID); ok {
		return gateway.MediaAnswer{}, refused(gateway.CodeConflict, gateway.ReasonSessionExists, "mediaSessionId", m.ID,
			"a media session with this id exists")
	}
	m.Status = gateway.MediaPending
	f.setSession(m)
	return gateway.MediaAnswer{ID: m.ID, Answer: "v=0\r\n"}, nil
}

// EndMediaSession implements gateway.API. By default the media session ends and disappears at once, with the stream it
// published.
func (f *Fake) EndMediaSession(_ context.Context, id string, why gateway.MediaInfo) error {
	if err := f.refuse("EndMediaSession"); err != nil {
		return err
	}
	f.mu.Lock()
	m, ok := f.sessions.get(id)
	f.mu.Unlock()
	if !ok {
		return refused(gateway.CodeNotFound, gateway.ReasonSessionMissing, "mediaSessionId", id, "no media session with this id")
	}
	m.Status, m.Info = gateway.MediaStopped, why
	if m.Published {
		m.Status = gateway.MediaUnpublished
		f.RemoveStream(m.Stream)
	}
	f.SetSession(m)
	f.RemoveSession(id)
	return nil
}

// SetSession adds or replaces a media session and tells every subscriber. A zero Created becomes now.
func (f *Fake) SetSession(m gateway.MediaSession) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.setSession(m)
}

func (f *Fake) setSession(m gateway.MediaSession) {
	if m.Created.IsZero() {
		m.Created = time.Now()
	}
	f.sessions.set(m.ID, m)
	f.publish(sessionEvent(m))
}

// RemoveSession makes a media session disappear.
func (f *Fake) RemoveSession(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.sessions.remove(id) {
		f.publish(gateway.Event{Kind: gateway.EventSession, ID: id, Removed: true})
	}
}

// Played returns every request to play, in order.
func (f *Fake) Played() []gateway.PlaySpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.played)
}

// Published returns every request to publish, in order.
func (f *Fake) Published() []gateway.PublishSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.published)
}

func (f *Fake) makeID(of string) string {
	f.made++
	return fmt.Sprintf("%s-%d", of, f.made)
}

func (f *Fake) refuse(verb string) error {
	if f.RefuseFunc == nil {
		return nil
	}
	return f.RefuseFunc(verb)
}
