package sipua

import (
	"errors"

	"callcast/gateway"
)

// plight is an error that knows how a call ends of it.
type plight struct {
	ending gateway.EndReason
	err    error
}

func (p *plight) Error() string { return p.err.Error() }

func (p *plight) Unwrap() error { return p.err }

// Ending is how a call ends of it.
func (p *plight) Ending() gateway.EndReason { return p.ending }

// endingOf is how a call ends of an error; if that does not know, nobody could be reached.
func endingOf(err error) gateway.EndReason {
	if p, ok := errors.AsType[*plight](err); ok {
		return p.ending
	}
	return gateway.EndUnreachable
}
