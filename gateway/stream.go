package gateway

import "time"

// Stream is a snapshot of one named stream.
type Stream struct {
	ID      string // WCS mediaSessionId of what publishes it
	Name    string
	Source  SourceKind
	CallID  string // the call it comes from, if any
	Origin  string // what publishes it otherwise: an address, a URI without credentials
	Live    bool   // false while only reserved: nothing has arrived yet
	Created time.Time
	Audio   MediaStats
	Video   MediaStats
	Tracks  []Track // the plan: what is copied and what is converted
	Sinks   []Sink
}

// Track is one elementary stream that the readers of a stream are given.
type Track struct {
	Kind       string // "audio" or "video"
	Codec      string
	From       string  // the codec it is converted from; empty for what is passed on as it came
	Why        string  // why it is converted, in plain words
	Readers    int     // that read it
	CPUPercent float64 // of one core, that the conversion takes
}

// SourceKind says what publishes a stream.
type SourceKind string

// The kinds of sources.
const (
	SourceSIP    SourceKind = "sip"
	SourceRTMP   SourceKind = "rtmp"
	SourcePull   SourceKind = "rtmp-pull"
	SourceWebRTC SourceKind = "webrtc"
	SourceDevice SourceKind = "device" // microphone and camera of this machine
)

// SinkKind says what reads a stream.
type SinkKind string

// The kinds of sinks.
const (
	SinkRTMPPush   SinkKind = "rtmp-push"
	SinkRTMPPlayer SinkKind = "rtmp-player"
	SinkPreview    SinkKind = "preview"
	SinkWebRTC     SinkKind = "webrtc"
	SinkCall       SinkKind = "call" // injection
)

// Sink is a snapshot of one reader of a stream.
type Sink struct {
	ID      string
	Kind    SinkKind
	Target  string // where it goes, secrets masked
	Status  RTMPStatus
	Problem string
	Bytes   uint64
	Dropped uint64      // units it was too slow for
	Viewer  ViewerStats // of a webrtc sink
}

// MediaStats describes one kind of media of a call or stream. Codec is empty when there is none.
type MediaStats struct {
	Codec       string
	Direction   string // sendrecv, recvonly, sendonly, inactive; empty for streams
	Width       int
	Height      int
	FPS         float64
	BitsPerSec  int
	Packets     uint64
	Bytes       uint64
	Lost        uint64
	LossPercent float64 // over the last seconds
	JitterMS    float64
	Filled      uint64 // frames of silence or slate the gateway put into gaps
	KeyRequests uint64
	Discarded   uint64 // packets that were garbage or came from strangers
	Resent      uint64 // packets sent to the remote party once more because it missed them
	Damaged     uint64 // pictures withheld because part of them was lost
	Remote      string // address the media comes from
}
