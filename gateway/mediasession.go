package gateway

import "time"

// PlaySpec asks for a stream in a browser.
type PlaySpec struct {
	ID     string // WCS mediaSessionId; one is made up if it is empty
	Stream string
	Offer  string // SDP; it decides whether audio, video or both are sent
}

// PublishSpec makes what a browser sends a stream.
type PublishSpec struct {
	ID     string // WCS mediaSessionId; one is made up if it is empty
	Stream string
	Offer  string // SDP
}

// MediaAnswer is what a browser is let in with.
type MediaAnswer struct {
	ID     string // of the media session
	Answer string // SDP, with every candidate
}

// MediaSession is one browser that plays or publishes a stream. WCS speaks of it as a stream with this mediaSessionId.
type MediaSession struct {
	ID        string
	Stream    string
	Published bool // the browser is the stream's source
	Status    MediaStatus
	Info      MediaInfo // why it ended; empty while it lives
	HasAudio  bool      // as the answer says
	HasVideo  bool
	Width     int // of the newest picture; 0 before any
	Height    int
	Created   time.Time
	Bytes     uint64
	Viewer    ViewerStats // of one that plays
}

// MediaStatus is the state of a media session, in WCS's words.
type MediaStatus string

// The states of a media session.
const (
	MediaPending     MediaStatus = "PENDING" // has its answer, media has no way yet
	MediaPublishing  MediaStatus = "PUBLISHING"
	MediaPlaying     MediaStatus = "PLAYING"
	MediaUnpublished MediaStatus = "UNPUBLISHED"
	MediaStopped     MediaStatus = "STOPPED"
	MediaFailed      MediaStatus = "FAILED"
)

// Ended reports whether a media session in this state is over.
func (s MediaStatus) Ended() bool {
	return s == MediaUnpublished || s == MediaStopped || s == MediaFailed
}

// MediaInfo says why a media session ended, in the words that clients of WCS know.
type MediaInfo string

// Why media sessions end.
const (
	InfoByUser       MediaInfo = "Stopped by user"
	InfoByPublisher  MediaInfo = "Stopped by publisher stop"
	InfoByDisconnect MediaInfo = "Stopped by session disconnect"
	InfoByREST       MediaInfo = "Stopped by rest /terminate"
	InfoICETimeout   MediaInfo = "Failed by ICE timeout"
	InfoICEKeepAlive MediaInfo = "Failed by ICE keep alive"
	InfoNotFound     MediaInfo = "Stream not found"
	InfoNameInUse    MediaInfo = "Stream name is already in use"
	InfoIDInUse      MediaInfo = "MediaSessionId is already in use"
	InfoNoCodecs     MediaInfo = "No common codecs"
	InfoError        MediaInfo = "Failed by error"
)

// ViewerStats is what a browser says of what it gets.
type ViewerStats struct {
	State       ViewerState
	Remote      string  // address the media goes to
	LossPercent float64 // of the worse of its tracks, in its last report
	RTTMS       float64 // 0 until known
	NACKs       uint64  // packets it missed and asked for
	Resent      uint64  // of those
	KeyRequests uint64
}

// ViewerState says how far a browser has come.
type ViewerState string

// The states of a viewer. One that is gone is not listed any more.
const (
	ViewerConnecting ViewerState = "connecting" // has its answer, media has no way yet
	ViewerPlaying    ViewerState = "playing"
)
