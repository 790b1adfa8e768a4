package stream

import (
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"callcast/gateway/internal/media"
)

// keyInterval is how often at most the source is asked for a key unit, however many readers need one.
const keyInterval = time.Second

// Params configures a stream.
type Params struct {
	Name    string
	Deriver Deriver // nil: readers get what the source has or nothing
	// Transcode gives no reader but the preview the pictures of the source as they came.
	Transcode bool
	Log       *slog.Logger
}

// Stream is a named stream.
type Stream struct {
	params Params
	log    *slog.Logger
	meter  meter

	mu        sync.Mutex // guards what follows; never held while waiting
	publisher *Publisher
	source    [media.Kinds]*track // as the publisher delivers
	derived   []*track
	stopped   []*derivation // ended, to be joined by Close
	readers   []*Reader
	attached  int       // how many there have been
	asked     time.Time // when the source was last asked for a key unit
	closed    bool
	done      chan struct{} // closed with the stream
}

// New makes a stream with no publisher and no reader.
func New(p Params) *Stream {
	return &Stream{params: p, log: p.Log.With("stream", p.Name), done: make(chan struct{})}
}

// Name is the stream's name.
func (s *Stream) Name() string { return s.params.Name }

// Attach adds a reader. It gets what has been cached and everything published from now on.
func (s *Stream) Attach(p ReaderParams) *Reader {
	r := newReader(s, p)
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		r.end()
		return r
	}
	s.attached++
	r.id = "reader-" + strconv.Itoa(s.attached)
	s.readers = append(s.readers, r)
	for kind := range s.source {
		s.connect(r, media.Kind(kind))
	}
	ask := s.wantKeyLocked(r.waitsForKey())
	s.mu.Unlock()
	ask()
	return r
}

// RequestKeyframe asks the source for a key unit, at most once a second.
func (s *Stream) RequestKeyframe() {
	s.mu.Lock()
	ask := s.wantKeyLocked(true)
	s.mu.Unlock()
	ask()
}

// requestKeyFor asks whoever makes the reader's pictures for a key unit.
func (s *Stream) requestKeyFor(r *Reader) {
	s.mu.Lock()
	t := r.tracks[media.Video]
	made := t != nil && t.derived != nil && t.derived.wantKey()
	ask := s.wantKeyLocked(!made)
	s.mu.Unlock()
	ask()
}

// Done is closed when the stream is.
func (s *Stream) Done() <-chan struct{} { return s.done }

// Stats is what passes through the stream.
func (s *Stream) Stats() (audio, video Stats) { return s.meter.stats() }

// Readers are those who read the stream now, conversions not counted.
func (s *Stream) Readers() []*Reader {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.readers)
}

// Close ends the stream: a publisher is ignored from now on, sound is converted to its end, and readers get io.EOF after
// their backlog. It waits for the conversions to end.
func (s *Stream) Close() {
	s.mu.Lock()
	if !s.closed {
		close(s.done)
	}
	s.closed = true
	s.publisher = nil
	var sound []*derivation
	for _, t := range s.derived {
		if t.codec.Kind() == media.Audio {
			t.derived.source.end()
			sound = append(sound, t.derived)
		}
	}
	s.mu.Unlock()
	for _, d := range sound {
		<-d.done
	}
	s.mu.Lock()
	readers := s.readers
	s.readers = nil
	for _, t := range s.derived {
		s.retireLocked(t)
	}
	s.derived = nil
	stopped := s.stopped
	s.stopped = nil
	s.mu.Unlock()
	for _, r := range readers {
		r.end()
	}
	for _, d := range stopped {
		<-d.done
	}
}

// write publishes a unit of the source.
func (s *Stream) write(p *Publisher, u *media.Unit) {
	kind := u.Kind()
	s.mu.Lock()
	if s.publisher != p {
		s.mu.Unlock()
		return
	}
	if t := s.source[kind]; t == nil || t.codec != u.Format.Codec || t.reorders != u.Format.Reorders {
		s.replaceLocked(kind, u.Format)
	}
	ask := s.wantKeyLocked(s.source[kind].publish(u))
	s.mu.Unlock()
	s.meter.count(u)
	ask()
}

// replaceLocked puts a new source track in place: the first of its kind, or the source changed codec or order.
func (s *Stream) replaceLocked(kind media.Kind, f *media.Format) {
	s.source[kind] = &track{codec: f.Codec, reorders: f.Reorders}
	s.derived = slices.DeleteFunc(s.derived, func(t *track) bool {
		if t.codec.Kind() != kind {
			return false
		}
		s.retireLocked(t)
		return true
	})
	for _, r := range s.readers {
		r.tracks[kind] = nil
		s.connect(r, kind)
	}
}

// connect gives a reader the track of one kind that suits it, deriving it if need be.
func (s *Stream) connect(r *Reader, kind media.Kind) {
	source := s.source[kind]
	if source == nil || len(r.params.accepted(kind)) == 0 {
		return
	}
	chosen, ok := s.choose(r, source)
	if !ok {
		s.log.Warn("no common codec", "reader", r.params.Name, "source", source.codec, "accepted", r.params.accepted(kind))
		return
	}
	t := source
	if chosen.why != "" {
		if t = s.derivedLocked(source, chosen); t == nil {
			return
		}
	}
	t.add(r)
	r.tracks[kind] = t
}

// derivedLocked returns the track that carries source in another codec, starting it if it is the first use.
func (s *Stream) derivedLocked(source *track, to choice) *track {
	codec := to.codec
	for _, t := range s.derived {
		if t.codec == codec {
			return t
		}
	}
	conv, err := s.params.Deriver.Derive(source.codec, codec)
	if err != nil {
		s.log.Error("cannot convert", "from", source.codec, "to", codec, "err", err)
		return nil
	}
	t := &track{codec: codec}
	feed := newReader(s, ReaderParams{Name: "convert to " + string(codec), Patience: conv.Patience()})
	source.add(feed)
	feed.tracks[codec.Kind()] = source
	t.derived = derive(feed, conv, to.why, s.log.With("codec", codec), func(u *media.Unit) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if slices.Contains(s.derived, t) && t.publish(u) {
			t.derived.wantKey()
		}
	})
	s.derived = append(s.derived, t)
	return t
}

// retireLocked stops the conversion behind a derived track.
func (s *Stream) retireLocked(t *track) {
	feed := t.derived.source
	feed.tracks[t.codec.Kind()].remove(feed)
	t.derived.stop()
	s.stopped = slices.DeleteFunc(s.stopped, (*derivation).ended)
	s.stopped = append(s.stopped, t.derived)
}

// detach removes a reader, and the derived tracks that only it needed.
func (s *Stream) detach(r *Reader) {
	s.mu.Lock()
	s.readers = slices.DeleteFunc(s.readers, func(have *Reader) bool { return have == r })
	for kind, t := range r.tracks {
		if t == nil {
			continue
		}
		t.remove(r)
		r.tracks[kind] = nil
		if t.derived != nil && len(t.readers) == 0 {
			s.retireLocked(t)
			s.derived = slices.DeleteFunc(s.derived, func(have *track) bool { return have == t })
		}
	}
	s.mu.Unlock()
	r.end()
}

// wantKeyLocked returns what is to be called, without the lock, to ask the source for a key unit.
func (s *Stream) wantKeyLocked(needed bool) func() {
	if !needed || s.publisher == nil || time.Since(s.asked) < keyInterval {
		return func() {}
	}
	s.asked = time.Now()
	return s.publisher.requestKeyframe
}
