package engine

import (
	"context"
	"crypto/rand"
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
	bus       *bus.Bus
	deriver   stream.Deriver
	transcode bool
	log       *slog.Logger

	mu     sync.Mutex // guards byName, selfViews, and what the bus says of streams
	byName map[string]*streamRoom

	selfViews map[string]*stream.Stream // that nobody else can ask for
}

// origin is what publishes a stream.
type origin struct {
	id     string // of the media session; one is made up if it is empty
	source gateway.SourceKind
	callID string
	from   string // an address, or a URI without credentials
	field  string // that the name came in
	end    func() // takes the source away. Closing the stream does, if it is nil
}

// streamRoom is one stream and what is known about it.
type streamRoom struct {
	origin

	stream  *stream.Stream
	created time.Time

	mu      sync.Mutex                               // guards what follows
	sinks   []*func() gateway.Sink                   // states of those fed from here that know more of themselves than their readers do
	network func() (audio, video gateway.MediaStats) // what the source knows of its network; may be nil
}

func newStreams(b *bus.Bus, d stream.Deriver, transcode bool, log *slog.Logger) *streams {
	return &streams{bus: b, deriver: d, transcode: transcode, log: log, byName: map[string]*streamRoom{}, selfViews: map[string]*stream.Stream{}}
}

// open makes a stream under a free name.
func (s *streams) open(name string, from origin) (*streamRoom, error) {
	if from.id == "" {
		from.id = rand.Text()
	}
	room := &streamRoom{
		stream:  stream.New(stream.Params{Name: name, Deriver: s.deriver, Transcode: s.transcode, Log: s.log}),
		origin:  from,
		created: time.Now(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.byName[name] != nil {
		return nil, &gateway.Error{
			Code: gateway.CodeConflict, Reason: gateway.ReasonStreamInUse, Field: from.field, Value: name,
			Message: fmt.Sprintf("%s %q: Stream name is already in use; choose another name or end the stream that has it.", from.field, name),
		}
	}
	s.byName[name] = room
	s.bus.SetStream(room.snapshot())
	return room, nil
}

// private makes a stream that has no name of its own: nobody can ask for it.
func (s *streams) private(of string) *stream.Stream {
	return stream.New(stream.Params{Name: of, Deriver: s.deriver, Log: s.log})
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

// EndStream takes a stream's source away.
func (e *Engine) EndStream(_ context.Context, name string) error {
	room, err := e.streams.find(name)
	if err != nil {
		return err
	}
	if room.end == nil {
		e.streams.close(room)
		return nil
	}
	room.end()
	return nil
}

// longestName is how long the name of a publisher's stream may be: it stands in tables and logs.
const longestName = 128

// Publish lets an RTMP publisher become a stream.
func (s *streams) Publish(_, name string, remote netip.AddrPort) (*stream.Stream, func(), error) {
	if err := checkName("streamName", name); err != nil {
		return nil, nil, err
	}
	room, err := s.open(name, origin{source: gateway.SourceRTMP, from: remote.String(), field: "streamName"})
	if err != nil {
		return nil, nil, err
	}
	return room.stream, func() { s.close(room) }, nil
}

// checkName refuses names of streams that cannot be shown.
func checkName(field, name string) error {
	switch {
	case name == "":
		return gateway.Invalid(gateway.ReasonRequired, field, name, "give the stream a name.")
	case len(name) > longestName || !utf8.ValidString(name) ||
		strings.ContainsFunc(name, func(r rune) bool { return !unicode.IsPrint(r) }):
		shown := strings.ToValidUTF8(name[:min(len(name), longestName)], "")
		return gateway.Invalid(gateway.ReasonCharacters, field, shown,
			fmt.Sprintf("use at most %d bytes of characters that can be printed.", longestName))
	}
	return nil
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

// measure adds what the source knows of its network.
func (r *streamRoom) measure(network func() (audio, video gateway.MediaStats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.network = network
}

func (r *streamRoom) snapshot() gateway.Stream {
	audio, video := r.stream.Stats()
	s := gateway.Stream{
		ID:      r.id,
		Name:    r.stream.Name(),
		Source:  r.source,
		CallID:  r.callID,
		Origin:  r.from,
		Live:    audio.Units+video.Units > 0,
		Created: r.created,
		Audio:   mediaStats(audio),
		Video:   mediaStats(video),
		Tracks:  r.stream.Tracks(),
	}
	for _, reader := range r.stream.Readers() {
		switch sink := reader.Sink(); sink.Kind {
		case gateway.SinkRTMPPush, gateway.SinkWebRTC: // listed
		default:
			s.Sinks = append(s.Sinks, sink)
		}
	}
	r.mu.Lock()
	listed, network := slices.Clone(r.sinks), r.network
	r.mu.Unlock()
	if network != nil {
		audio, video := network()
		s.Audio, s.Video = withNetwork(s.Audio, audio), withNetwork(s.Video, video)
	}
	for _, state := range listed {
		s.Sinks = append(s.Sinks, (*state)())
	}
	return s
}

// withNetwork is what passes through a stream, and how it got here.
func withNetwork(s, network gateway.MediaStats) gateway.MediaStats {
	s.Lost, s.LossPercent, s.JitterMS = network.Lost, network.LossPercent, network.JitterMS
	s.KeyRequests, s.Discarded, s.Damaged = network.KeyRequests, network.Discarded, network.Damaged
	s.Remote = network.Remote
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
