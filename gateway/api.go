package gateway

import (
	"context"
	"image"
	"time"
)

// API is everything a client can ask of the gateway. The console and the REST interface are both clients of it
// and neither can do more than the other. Every error it returns is an *Error.
type API interface {
	// StartCall checks spec and starts an outgoing call. It returns once the call is accepted for processing;
	// what becomes of it is told by events. A refusal (CodeInvalid, CodeConflict) leaves nothing behind.
	StartCall(ctx context.Context, spec CallSpec) error
	// EndCall hangs a call up, whatever its state. It returns once the call is on its way down.
	EndCall(ctx context.Context, callID string) error
	// SendDTMF plays tones into an established call and returns when they are queued.
	SendDTMF(ctx context.Context, callID string, dtmf DTMF) error
	// RequestKeyframe asks the source of a stream for a picture that can be decoded on its own.
	RequestKeyframe(ctx context.Context, stream string) error
	// OpenPreview starts decoding a stream for the eye and the level meter. The caller closes it.
	OpenPreview(ctx context.Context, stream string) (Preview, error)
	// Play lets a browser watch a stream over WebRTC. The answer is complete: no candidate follows it. A viewer whose
	// media finds no way, that leaves, or whose stream ends, is removed without being asked.
	Play(ctx context.Context, spec PlaySpec) (Viewing, error)
	// StopPlaying ends a viewing. It returns once it is on its way down.
	StopPlaying(ctx context.Context, viewingID string) error
	// Snapshot is everything that exists now.
	Snapshot() Snapshot
	// Subscribe returns a view that starts with everything that exists and goes on with every change.
	Subscribe() Subscription
}

// Snapshot is the state of the gateway at one moment, each list sorted by creation.
type Snapshot struct {
	Calls     []Call
	Streams   []Stream
	Listeners []Listener
}

// Subscription delivers changes to one subscriber. Between two calls of Next only the latest value of each entity
// is kept, so a slow subscriber costs the engine nothing and never sees stale state. The exception is a call's
// last snapshot: it is always delivered before its removal.
type Subscription interface {
	// Next waits until something changed. The first Next returns at once with one event for each entity that
	// exists. It returns an error when ctx ends, when the subscription is closed, and when the subscriber has let
	// thousands of changes pile up: then it is cut and may subscribe anew.
	Next(ctx context.Context) ([]Event, error)
	Close()
}

// Event tells the new value of one entity, or its removal. Exactly one of the pointers is set unless Removed.
type Event struct {
	Kind     EventKind
	ID       string // call id, stream name or listener name
	Removed  bool
	Call     *Call
	Stream   *Stream
	Listener *Listener
}

// EventKind names what an Event is about.
type EventKind string

// The kinds of events.
const (
	EventCall     EventKind = "call"
	EventStream   EventKind = "stream"
	EventListener EventKind = "listener"
)

// Preview is a stream decoded for the console: the newest picture and the newest audio level.
type Preview interface {
	// Frame copies the newest picture into dst, growing it if needed, and reports whether there is one that the
	// caller has not had yet. dst may be nil. The returned image belongs to the caller.
	Frame(dst *image.RGBA) (frame *image.RGBA, fresh bool)
	// Level is the loudness of the last moments.
	Level() Level
	Close()
}

// Level is an audio level in dBFS: 0 is full scale, SilenceLevel is nothing.
type Level struct {
	RMS  float64
	Peak float64
	At   time.Time // when the audio it speaks of passed; zero before any
}

// SilenceLevel is the lowest level a meter shows.
const SilenceLevel = -96.0

// Listener is one port the gateway serves on, or could not.
type Listener struct {
	Name    string // "rest", "rtmp", "sip", "webrtc"
	Setting string // the configuration key that moves it
	Address string // host:port in use, or what was asked for if none is
	Err     *Error // why it does not listen
	Refused uint64 // connections and messages that were garbage, unwanted or too many
}
