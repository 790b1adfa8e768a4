package device

import (
	"context"
	"log/slog"
	"sync"

	"callcast/gateway"
	"callcast/gateway/internal/clock"
	"callcast/gateway/internal/media"
	"callcast/gateway/internal/stream"
)

// Params configures a source.
type Params struct {
	Stream *stream.Stream
	Sound  media.Codec // of its sound
	Opener Opener
	// OnLost is told when a device that was in use is no more, without having been changed or closed. It must not call
	// the source but for Using.
	OnLost func(why error)
	Log    *slog.Logger
}

// Source is the source of a stream that somebody at this machine talks in.
type Source struct {
	params Params
	log    *slog.Logger
	voice  *voice
	face   *face

	changing sync.Mutex // held while devices are changed

	mu     sync.Mutex          // guards inputs
	inputs [media.Kinds]*input // nil: no device of the kind is used
	closed bool                // guarded by changing
}

// input is a device in use.
type input struct {
	id   string
	run  func() error // returns when the device is gone or closed
	shut func()
	done chan struct{}
}

// New makes a source that uses no device yet. The caller closes it.
func New(p Params) (*Source, error) {
	s := &Source{params: p, log: p.Log.With("stream", p.Stream.Name())}
	timeline := clock.NewTimeline()
	var err error
	if s.face, err = newFace(timeline); err != nil {
		return nil, err
	}
	if s.voice, err = newVoice(timeline, p.Sound); err != nil {
		s.face.close()
		return nil, err
	}
	publisher := p.Stream.Publish(stream.PublisherParams{RequestKeyframe: s.face.requestKeyframe})
	s.voice.write, s.face.write = publisher.Write, publisher.Write
	return s, nil
}

// Use uses these devices in place of those before, as far as they differ. When one cannot be opened all stays as it is.
func (s *Source) Use(ctx context.Context, use gateway.DeviceUse) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.closed {
		return context.Canceled
	}
	wanted := [media.Kinds]string{media.Audio: use.Microphone, media.Video: use.Camera}
	var opened [media.Kinds]*input
	for kind, id := range wanted {
		if id == "" || id == s.used(media.Kind(kind)) {
			continue
		}
		in, err := s.open(ctx, media.Kind(kind), id)
		if err != nil {
			for _, other := range opened {
				if other != nil {
					other.shut()
				}
			}
			return refusal(media.Kind(kind), id, err)
		}
		opened[kind] = in
	}
	for kind, in := range opened {
		if in != nil || wanted[kind] == "" {
			s.replace(media.Kind(kind), in)
		}
	}
	return nil
}

func (s *Source) open(ctx context.Context, kind media.Kind, id string) (*input, error) {
	if kind == media.Video {
		c, err := ask(ctx, func() (Camera, error) { return s.params.Opener.Camera(id) }, Camera.Close)
		if err != nil {
			return nil, err
		}
		return &input{id: id, run: func() error { return s.face.show(c) }, shut: func() { letGo(c.Close) }}, nil
	}
	m, err := ask(ctx, func() (Microphone, error) { return s.params.Opener.Microphone(id) }, Microphone.Close)
	if err != nil {
		return nil, err
	}
	return &input{id: id, run: func() error { return s.voice.speak(m) }, shut: func() { letGo(m.Close) }}, nil
}

// replace ends the input of a kind and begins another one, if there is one.
func (s *Source) replace(kind media.Kind, in *input) {
	s.mu.Lock()
	before := s.inputs[kind]
	s.inputs[kind] = in
	s.mu.Unlock()
	if before != nil {
		before.shut()
		<-before.done
	}
	if in == nil {
		return
	}
	in.done = make(chan struct{})
	go func() {
		defer close(in.done)
		s.lost(kind, in, in.run())
	}()
}

// lost notes the end of an input, which is nothing to tell if another one has its place.
func (s *Source) lost(kind media.Kind, in *input, why error) {
	in.shut()
	s.mu.Lock()
	current := s.inputs[kind] == in
	if current {
		s.inputs[kind] = nil
	}
	s.mu.Unlock()
	if current {
		s.log.Warn("device lost", "kind", kind, "device", in.id, "err", why)
		s.params.OnLost(why)
	}
}

// Using is the devices in use.
func (s *Source) Using() gateway.DeviceUse {
	return gateway.DeviceUse{Microphone: s.used(media.Audio), Camera: s.used(media.Video)}
}

func (s *Source) used(kind media.Kind) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.inputs[kind]; in != nil {
		return in.id
	}
	return ""
}

// Close lets the devices go.
func (s *Source) Close() {
	s.changing.Lock()
	defer s.changing.Unlock()
	if s.closed {
		return
	}
	s.closed = true
	for kind := range media.Kind(media.Kinds) {
		s.replace(kind, nil)
	}
	s.voice.close()
	s.face.close()
}
