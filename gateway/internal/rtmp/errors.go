package rtmp

import "errors"

// Refusal is a server's no, in its own words.
type Refusal struct {
	Code        string // e.g. NetStream.Publish.BadName
	Description string
}

func (r *Refusal) Error() string {
	switch {
	case r.Description == "":
		return "server refused: " + r.Code
	case r.Code == "":
		return "server refused: " + r.Description
	default:
		return "server refused: " + r.Code + ": " + r.Description
	}
}

// Errors of a connection's life.
var (
	ErrClosed    = errors.New("connection closed")
	errHungUp    = errors.New("the other side closed the connection")
	errStalled   = errors.New("the other side takes no more data")
	errSilent    = errors.New("the other side does not answer")
	errNotRTMP   = errors.New("not RTMP")
	errUnwelcome = errors.New("neither published nor played")
)
