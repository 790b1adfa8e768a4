package engine

import (
	"fmt"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"callcast/gateway"
	"callcast/gateway/internal/bus"
	"callcast/gateway/internal/stream"
)

// streams is the registry of named streams.
type streams struct {
	bus     *bus.Bus
	deriver stream.Deriver
	log     *slog.Logger

	mu     sync.Mutex // guards byName, and what the bus says of streams
	byName map[string]*streamRoom
}

// streamRoom is one stream and what is known about it.
type streamRoom struct {
	stream  *stream.Stream
	source  gateway.SourceKind
	callID  string
	created time.Time

	mu    sync.Mutex             // guards sinks
	sinks []*func() gateway.Sink // states of those fed from here that know more of themselves than their readers do
}

func newStreams(b *bus.Bus, d stream.Deriver, log *slog.Logger) *streams {
	return &streams{bus: b, deriver: d, log: log, byName: map[string]*streamRoom{}}
}

// open makes a stream under a free name.
func (s *streams) open(name string, source gateway.SourceKind, callID string) (*streamRoom, error) {
	room := &streamRoom{
		stream:  stream.New(stream.Params{Name: name, Deriver: s.deriver, Log: s.log}),
		source:  source,
		callID:  callID,
		created: time.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName[name] != nil {
		return nil, &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonStreamInUse, Field: "toStream", Value: name,
			Message: fmt.Sprintf("toStream %q: Stream name is already in use; choose another name or end the stream that has it.", name),
		}
	}
	s.byName[name] = room
	s.bus.SetStream(room.snapshot())
	return room, nil
}

// close ends a stream and frees its name, unless that is another stream's by now.
func (s *streams) close(room *streamRoom) {
	room.stream.Close()
	name := room.stream.Name()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName[name] == room {
		delete(s.byName, name)
		s.bus.Remove(gateway.EventStream, name)
	}
}

func (s *streams) closeAll() {
	for _, room := range s.all() {
		s.close(room)
	}
}

func (s *streams) find(name string) (*streamRoom, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := s.byName[name]; room != nil {
		return room, nil
	}
	return nil, &gateway.Error{
		Code: gateway.CodeNotFound, Reason: gateway.ReasonStreamMissing, Field: "streamName", Value: name,
		Message: fmt.Sprintf("streamName %q: Stream not found; /rest-api/events tells the streams that exist.", name),
	}
}

func (s *streams) all() []*streamRoom {
	s.mu.Lock()
	defer s.mu.Unlock()
	rooms := make([]*streamRoom, 0, len(s.byName))
	for _, room := range s.byName {
		rooms = append(rooms, room)
	}
	return rooms
}

// publishAll tells the present figures of every stream.
func (s *streams) publishAll() {
	for _, room := range s.all() {
		snapshot := room.snapshot()
		s.mu.Lock()
		if s.byName[snapshot.Name] == room {
			s.bus.SetStream(snapshot)
		}
		s.mu.Unlock()
	}
}

// longestName is how long the name of a publisher's stream may be: it stands in tables and logs.
const longestName = 128

// Publish lets an RTMP publisher become a stream.
func (s *streams) Publish(_, name string, _ netip.AddrPort) (*stream.Stream, func(), error) {
	if !presentable(name) {
		shown := strings.ToValidUTF8(name[:min(len(name), longestName)], "")
		return nil, nil, gateway.Invalid(gateway.ReasonCharacters, "streamName", shown,
			fmt.Sprintf("use at most %d bytes of characters that can be printed.", longestName))
	}
	room, err := s.open(name, gateway.SourceRTMP, "")
	if err != nil {
		return nil, nil, err
	}
	return room.stream, func() { s.close(room) }, nil
}

func presentable(name string) bool {
	return len(name) <= longestName && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) })
}

// Play gives an RTMP player its stream.
func (s *streams) Play(_, name string) (*stream.Stream, error) {
	room, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return room.stream, nil
}

// list puts a sink among the stream's until the function it returns is called.
func (r *streamRoom) list(state func() gateway.Sink) (unlist func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	listed := &state
	r.sinks = append(r.sinks, listed)
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.sinks = slices.DeleteFunc(r.sinks, func(have *func() gateway.Sink) bool { return have == listed })
	}
}

func (r *streamRoom) snapshot() gateway.Stream {
	audio, video := r.stream.Stats()
	s := gateway.Stream{
		Name:    r.stream.Name(),
		Source:  r.source,
		CallID:  r.callID,
		Live:    audio.Units+video.Units > 0,
		Created: r.created,
		Audio:   mediaStats(audio),
		Video:   mediaStats(video),
	}
	for _, reader := range r.stream.Readers() {
		if sink := reader.Sink(); sink.Kind != gateway.SinkRTMPPush && sink.Kind != gateway.SinkWebRTC {
			s.Sinks = append(s.Sinks, sink)
		}
	}
	r.mu.Lock()
	listed := slices.Clone(r.sinks)
	r.mu.Unlock()
	for _, state := range listed {
		s.Sinks = append(s.Sinks, (*state)())
	}
	return s
}

func mediaStats(s stream.Stats) gateway.MediaStats {
	if s.Format == nil {
		return gateway.MediaStats{}
	}
	return gateway.MediaStats{
		Codec:      string(s.Format.Codec),
		Width:      s.Format.Width,
		Height:     s.Format.Height,
		FPS:        s.FPS,
		BitsPerSec: int(s.BPS),
		Packets:    s.Units,
		Bytes:      s.Bytes,
		Filled:     s.Filled,
	}
}
