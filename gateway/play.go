package gateway

// PlaySpec asks for a stream in a browser.
type PlaySpec struct {
	Stream string
	Offer  string // SDP; it decides whether audio, video or both are sent
}

// Viewing is a browser that was let in.
type Viewing struct {
	ID     string
	Answer string // SDP, with every candidate
}

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
