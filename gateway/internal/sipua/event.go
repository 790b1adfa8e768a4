package sipua

import "callcast/gateway"

// Event is something that happened to a dialog. It is one of the types below.
type Event interface{ event() }

// Provisional is a 1xx response, 100 included. SDP is its body, if it is early media. Responses that arrive in one
// burst may change places, and what is overtaken by the answer is not told.
type Provisional struct {
	Status int
	Reason string
	SDP    []byte
}

// Answered is the 2xx that established the dialog. The ACK is on its way. SDP is empty if we called and the other side has
// changed the session since it first described it: then all stays as the last Reinvite had it.
type Answered struct {
	Status int
	SDP    []byte
}

// Failed is the last event of a dialog that was not established and that we did not hang up. Status is the last
// SIP status, or 0 if there was none.
type Failed struct {
	Status int
	Reason string
	Cause  gateway.EndReason
}

// Ended is the last event of a dialog that was established, or that was hung up before it could be.
type Ended struct {
	Remote bool   // the other side ended it
	Text   string // what was given as the reason
}

// Reinvite is a change of the session asked for by the other side, by INVITE, or by UPDATE, which may come before it has
// answered. SDP is empty when the other side wants our offer. Respond may be called from any goroutine; its first call
// counts. Without it the other side soon gets 488 and the session stays as it was.
type Reinvite struct {
	SDP     []byte
	Respond func(status int, sdp []byte)
}

// Refreshed is the other side's description of the session as it came with the renewal of the session timer, or as the
// answer to the offer that its own re-INVITE asked for. It may differ from the last one.
type Refreshed struct {
	SDP []byte
}

// Transfer is how a transfer goes on that we asked for by Refer, as the other side tells it. Status is 0 if it ended
// without a word.
type Transfer struct {
	Status int
	Text   string
	Final  bool // nothing more will be told
}

// Referred is the other side's wish that we call somebody else. Replaces is the Replaces header for that call, if it is
// to take the place of another, and Require its Require header, if it is to have one. Accept and Reject may be called from any goroutine; the first call counts, and without
// one the other side soon gets 603. After Accept, Notify tells the other side how the new call goes on; a status of 200
// or more is the last, and after one of success the dialog is hung up.
type Referred struct {
	Target   string
	Replaces string
	Require  string
	By       string // the other side's address
	Accept   func()
	Reject   func(status int)
	Notify   func(status int, text string)
}

// Replacing is a call that is to take the place of this dialog's other side (RFC 3891), be that the callee of a call that is not
// answered yet. Whoever answers it hangs the dialog up. When the dialog ends first, the call is refused.
type Replacing struct {
	Call      *Incoming
	earlyOnly bool
}

// InfoReceived is an INFO request, already answered with 200.
type InfoReceived struct {
	ContentType string
	Body        []byte
}

func (Provisional) event()  {}
func (Answered) event()     {}
func (Failed) event()       {}
func (Ended) event()        {}
func (Reinvite) event()     {}
func (Refreshed) event()    {}
func (Transfer) event()     {}
func (Referred) event()     {}
func (Replacing) event()    {}
func (InfoReceived) event() {}
