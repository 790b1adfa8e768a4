package gateway

import "time"

// PushSpec sends a stream to an RTMP server. WCS calls it a transponder.
type PushSpec struct {
	Stream       string
	URL          Secret // rtmp or rtmps; may hold credentials
	FullURL      bool   // URL ends with the name or key to publish under; else that is the prefixed name of the stream
	FlashVersion string // how the client calls itself; empty = the gateway's own
	Muted        bool   // begin with silence for sound
	Sound        Sound  // begin with this in place of the stream's sound
}

// Sound is a WAV file of the folder media_dir.
type Sound struct {
	File string // empty = none
	Loop bool   // until it is stopped
}

// Push is a snapshot of one stream sent to one RTMP server. The push that a call was started with is not among them: it
// stands with the call.
type Push struct {
	ID      string // WCS mediaSessionId
	Stream  string
	Name    Secret // published under
	URL     Secret
	Target  string // URL and name with credentials and key masked, for display
	Status  RTMPStatus
	Problem string // what the server or the network last said; empty when all is well
	Width   int
	Height  int
	Muted   bool
	Sound   Sound // that plays in place of the stream's
	Bytes   uint64
	Dropped uint64
	Created time.Time
}

// PushTest is what came of trying an RTMP target.
type PushTest struct {
	Target string // masked
	Took   time.Duration
	Said   string // what the server answered, e.g. NetStream.Publish.Start
}

// PullSpec makes a stream of another RTMP server one of ours.
type PullSpec struct {
	URI    Secret // rtmp or rtmps, with the stream's name; may hold credentials
	Stream string // local name; the URI without credentials if empty, as in WCS
}

// Pull is a snapshot of one stream that is fetched.
type Pull struct {
	ID      string
	URI     Secret
	Shown   string // the URI without credentials
	Stream  string
	Status  PullStatus
	Problem string // what the server or the network last said; empty when all is well
	Created time.Time
}

// PullStatus is the state of a pull, in WCS's words.
type PullStatus string

// The states of a pull. One that is gone is not listed any more.
const (
	PullPending   PullStatus = "PENDING"          // connecting, again and again
	PullConnected PullStatus = "CONNECTED"        // the server accepted, nothing has arrived
	PullRunning   PullStatus = "PROCESSED_REMOTE" // media arrives
	PullFailed    PullStatus = "FAILED"           // refused; it is tried again
)
