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
	// Dial starts a call that a browser talks in: its picture and sound go to the remote party, and it gets theirs. The
	// browser's offer is answered at once, before the remote party is asked. The call ends with its browser.
	Dial(ctx context.Context, spec CallSpec, offer string) (MediaAnswer, error)
	// Register keeps an account registered until Unregister. It returns at once; what the registrar says is told by
	// events. Calls for the account come in as calls that are Incoming, in state RING, with its Registration.
	Register(ctx context.Context, spec RegisterSpec) error
	Unregister(ctx context.Context, id string) error
	// OfferCall makes the offer for a browser that an incoming call rings for.
	OfferCall(ctx context.Context, callID string) (offer string, err error)
	// AnswerCall takes an incoming call, which becomes a stream then. A refusal (CodeInvalid, CodeConflict) leaves it ringing.
	AnswerCall(ctx context.Context, spec AnswerSpec) error
	// TransferCall connects the remote party with somebody else. It returns when the remote party has agreed to try; what
	// becomes of it is told by the call's Transfer. When it succeeds, the call ends with EndTransferred.
	TransferCall(ctx context.Context, spec TransferSpec) error
	// EndCall hangs a call up, whatever its state; an incoming call that rings is refused as busy. It returns once the
	// call is on its way down.
	EndCall(ctx context.Context, callID string) error
	// SendDTMF plays tones into an established call and returns when they are queued.
	SendDTMF(ctx context.Context, callID string, dtmf DTMF) error
	// HoldCall holds an established call, or takes it back, and returns when the remote party has agreed. While it is held
	// nothing of the remote party is taken; what the call feeds goes on with silence and slate.
	HoldCall(ctx context.Context, callID string, hold bool) error
	// MuteCall puts silence in place of what the remote party of an established call hears, but for tones, or takes it away.
	MuteCall(ctx context.Context, callID string, muted bool) error
	// Devices lists the microphones and cameras of this machine as they are now.
	Devices(ctx context.Context) ([]Device, error)
	// UseDevices lets somebody at this machine talk in an established call, with other devices than before or, with none,
	// no more. The devices are let go when the call ends.
	UseDevices(ctx context.Context, callID string, use DeviceUse) error
	// Ladder is the SIP messages of a call, also for a while after it has ended.
	Ladder(ctx context.Context, callID string) (Ladder, error)
	// RequestKeyframe asks the source of a stream for a picture that can be decoded on its own.
	RequestKeyframe(ctx context.Context, stream string) error
	// OpenPreview starts decoding a stream for the eye and the level meter. The caller closes it.
	OpenPreview(ctx context.Context, stream string) (Preview, error)
	// Play lets a browser watch a stream over WebRTC. The answer is complete: no candidate follows it. What becomes of
	// the media session is told by events; one whose media finds no way, whose browser leaves or whose stream ends is
	// removed without being asked.
	Play(ctx context.Context, spec PlaySpec) (MediaAnswer, error)
	// Publish makes what a browser sends over WebRTC a stream, under the same rules as Play.
	Publish(ctx context.Context, spec PublishSpec) (MediaAnswer, error)
	// EndMediaSession ends what a browser plays or publishes, and says why. It returns once it is on its way down.
	EndMediaSession(ctx context.Context, id string, why MediaInfo) error
	// EndStream takes a stream's source away: the call is hung up, the publisher disconnected, the pull ended.
	EndStream(ctx context.Context, stream string) error
	// StartPush sends a stream to one more RTMP server. A stream that its call has only reserved so far will do.
	StartPush(ctx context.Context, spec PushSpec) (Push, error)
	EndPush(ctx context.Context, id string) error
	// MutePush puts silence in place of the sound of a push, or takes it away.
	MutePush(ctx context.Context, id string, muted bool) error
	// PlayIntoPush puts a sound file in place of the sound of a push until it ends; an empty one stops it.
	PlayIntoPush(ctx context.Context, id string, sound Sound) error
	// TestPush connects to an RTMP server, publishes a still picture with silence for a second, and tells what was said.
	// The stream named in spec need not exist.
	TestPush(ctx context.Context, spec PushSpec) (PushTest, error)
	// StartPull fetches a stream from another RTMP server, and goes on doing so until it is ended.
	StartPull(ctx context.Context, spec PullSpec) (Pull, error)
	// EndPull ends the pull with this id or URI.
	EndPull(ctx context.Context, pull string) error
	// InjectStream sends picture and sound of a stream to the remote party of an established call, in place of what
	// was injected before, until the stream ends or EndInjection; then silence and slate again.
	InjectStream(ctx context.Context, callID, stream string) error
	// InjectSound plays a sound file to the remote party of an established call, in place of any other sound.
	InjectSound(ctx context.Context, callID string, sound Sound) error
	// EndInjection stops the stream that is injected into a call.
	EndInjection(ctx context.Context, callID string) error
	// EndSound stops the sound file that plays into a call.
	EndSound(ctx context.Context, callID string) error
	// Snapshot is everything that exists now.
	Snapshot() Snapshot
	// Subscribe returns a view that starts with everything that exists and goes on with every change.
	Subscribe() Subscription
}

// Snapshot is the state of the gateway at one moment, each list sorted by creation.
type Snapshot struct {
	Calls         []Call
	Streams       []Stream
	MediaSessions []MediaSession
	Pushes        []Push
	Pulls         []Pull
	Registrations []Registration
	Listeners     []Listener
	CallsRefused  uint64 // calls that came in and were not let ring
}

// Subscription delivers changes to one subscriber. Between two calls of Next only the latest value of each entity
// is kept, so a slow subscriber costs the engine nothing and never sees stale state. The exceptions are the
// last snapshots of calls and media sessions: they are always delivered before the removal.
type Subscription interface {
	// Next waits until something changed. The first Next returns at once with one event for each entity that
	// exists. It returns an error when ctx ends, when the subscription is closed, and when the subscriber has let
	// thousands of changes pile up: then it is cut and may subscribe anew.
	Next(ctx context.Context) ([]Event, error)
	Close()
}

// Event tells the new value of one entity, or its removal. Exactly one of the pointers is set unless Removed.
type Event struct {
	Kind         EventKind
	ID           string // call id, stream name, media session, push or pull id, registration id or listener name
	Removed      bool
	Call         *Call
	Stream       *Stream
	Session      *MediaSession
	Push         *Push
	Pull         *Pull
	Registration *Registration
	Listener     *Listener
}

// EventKind names what an Event is about.
type EventKind string

// The kinds of events.
const (
	EventCall         EventKind = "call"
	EventStream       EventKind = "stream"
	EventSession      EventKind = "session"
	EventPush         EventKind = "push"
	EventPull         EventKind = "pull"
	EventRegistration EventKind = "registration"
	EventListener     EventKind = "listener"
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
	Name    string // "rest", "rtmp", "sip", "webrtc", "ws", "wss"
	Setting string // the configuration key that moves it
	Address string // host:port in use, or what was asked for if none is
	Err     *Error // why it does not listen
	Refused uint64 // connections and messages that were garbage, unwanted or too many
}
