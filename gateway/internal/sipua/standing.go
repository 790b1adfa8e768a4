package sipua

import (
	"errors"
	"fmt"
	"time"

	"github.com/emiago/sipgo/sip"

	"callcast/gateway"
)

// Standing is how an account stands with its registrar.
type Standing struct {
	Up      bool
	Status  int               // the registrar's last answer; 0 if it gave none
	Text    string            // what it or the network said
	Cause   gateway.EndReason // how a call would end of it; empty if Up, or if the registrar said no for a reason of its own
	Expires time.Time         // of what was granted; zero unless Up
}

// standingOf is how an account stands that could not be registered.
func standingOf(err error) Standing {
	s := Standing{Text: err.Error()}
	if e, ok := errors.AsType[*RegisterError](err); ok {
		s.Status, s.Text = e.Status, e.words()
	}
	switch s.Status {
	case 0:
		s.Cause = endingOf(err)
	case sip.StatusUnauthorized, sip.StatusProxyAuthRequired, sip.StatusForbidden:
		s.Cause = gateway.EndAuth
	}
	return s
}

// RegisterError is a registration that did not come about. Status is 0 if there was no answer.
type RegisterError struct {
	Status int
	Reason string
	Err    error
}

func (e *RegisterError) Error() string { return "register: " + e.words() }

// words are what the registrar or the network said.
func (e *RegisterError) words() string {
	switch {
	case e.Status == 0:
		return e.Err.Error()
	case e.Err == nil:
		return fmt.Sprintf("%d %s", e.Status, e.Reason)
	default:
		return fmt.Sprintf("%d %s: %v", e.Status, e.Reason, e.Err)
	}
}

func (e *RegisterError) Unwrap() error { return e.Err }
