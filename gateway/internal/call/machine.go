package call

import "callcast/gateway"

// state is everything that decides what an event means. Only next changes it.
type state struct {
	status    gateway.CallStatus
	sipStatus int
	ending    gateway.Ending
	hangingUp bool // we want it over; ending says why
	dialog    bool // an INVITE is out and its last event has not come
	media     bool // media was negotiated, early or final
	over      bool
	held      gateway.Held
	transfer  gateway.Transfer

	incoming bool
	late     bool // the caller leaves the offer to us
	taken    bool // we have answered; the caller has not acknowledged
	agreed   bool // the session is as an offer of the other side's last had it
}

// rings reports whether the call is one to us that waits to be taken.
func (s state) rings() bool {
	return s.incoming && s.status == gateway.CallRing && !s.taken && !s.hangingUp
}

// up reports whether the call was answered and is not being hung up.
func (s state) up() bool {
	return !s.hangingUp && (s.status == gateway.CallEstablished || s.status == gateway.CallHold)
}

// calling reports whether we have called somebody who has not answered yet.
func (s state) calling() bool {
	return s.dialog && !s.incoming && !s.hangingUp && !s.up()
}

// event is something that happened to the call.
type event interface{ event() }

type (
	started     struct{ register bool }
	registered  struct{}
	provisional struct {
		status int
		sdp    []byte
	}
	answered struct {
		status int
		sdp    []byte
	}
	mediaRefused struct{ why string } // the remote answer holds nothing usable
	failed       struct {
		status int
		cause  gateway.EndReason
		text   string
	}
	ended struct {
		remote bool
		text   string
	}
	hangup     struct{ reason gateway.EndReason }
	called     struct{ late, atOnce bool } // a call comes in
	taken      struct{}
	unanswered struct{}          // it has rung long enough
	localHold  struct{ on bool } // the other side has agreed to it
	remoteHold struct{ on bool }

	changed  struct{ held bool } // by an offer of the other side
	replaced struct{ late bool } // a caller has taken the other side's place

	transferAsked   struct{ target string }
	transferRefused struct {
		status int
		text   string
	}
	transferTold struct {
		status int
		text   string
		final  bool
	}
)

func (started) event()      {}
func (registered) event()   {}
func (provisional) event()  {}
func (answered) event()     {}
func (mediaRefused) event() {}
func (failed) event()       {}
func (ended) event()        {}
func (hangup) event()       {}
func (called) event()       {}
func (taken) event()        {}
func (unanswered) event()   {}
func (localHold) event()    {}
func (remoteHold) event()   {}

func (changed) event()  {}
func (replaced) event() {}

func (transferAsked) event()   {}
func (transferRefused) event() {}
func (transferTold) event()    {}

// effect is something the actor does.
type effect interface{ effect() }

type (
	doRegister  struct{}
	doInvite    struct{}
	doNegotiate struct {
		sdp   []byte
		final bool
	}
	doConfirm struct{}
	doHangup  struct{}
	doRing    struct{}
	doTake    struct{}
)

func (doRegister) effect()  {}
func (doInvite) effect()    {}
func (doNegotiate) effect() {}
func (doConfirm) effect()   {}
func (doHangup) effect()    {}
func (doRing) effect()      {}
func (doTake) effect()      {}

// next is the state machine of a call. It begins with started or with called.
func next(s state, ev event) (state, []effect) {
	if s.over {
		return s, nil
	}
	switch ev := ev.(type) {
	case started:
		return onStarted(s, ev)
	case called:
		return onCalled(s, ev)
	case taken:
		return onTaken(s)
	case unanswered:
		if s.rings() {
			return onHangup(s, gateway.Ending{Reason: gateway.EndNoAnswer})
		}
	case registered:
		return onRegistered(s)
	case provisional:
		return onProvisional(s, ev)
	case answered:
		return onAnswered(s, ev)
	case mediaRefused:
		return onHangup(s, gateway.Ending{Reason: gateway.EndNoMedia, Text: ev.why})
	case failed:
		return onFailed(s, ev)
	case ended:
		return onEnded(s, ev)
	case hangup:
		return onHangup(s, gateway.Ending{Reason: ev.reason})
	case localHold:
		s.held.Local = ev.on
		return onHeld(s), nil
	case remoteHold:
		s.held.Remote = ev.on
		return onHeld(s), nil
	default:
		return onParty(s, ev)
	}
	return s, nil
}

// onParty judges what is about who the other side is to be.
func onParty(s state, ev event) (state, []effect) {
	switch ev := ev.(type) {
	case changed:
		s.held.Remote, s.agreed = ev.held, true
		return onHeld(s), nil
	case replaced:
		s.incoming, s.late, s.taken = true, ev.late, true
	case transferAsked:
		s.transfer = gateway.Transfer{Target: ev.target, Status: gateway.TransferPending, Number: s.transfer.Number + 1}
	case transferRefused:
		return transferFails(s, ev.status, ev.text), nil
	case transferTold:
		return onTransferTold(s, ev)
	}
	return s, nil
}

func onStarted(s state, ev started) (state, []effect) {
	s.status = gateway.CallPending
	if ev.register {
		return s, []effect{doRegister{}}
	}
	s.dialog = true
	return s, []effect{doInvite{}}
}

func onCalled(s state, ev called) (state, []effect) {
	s.incoming, s.late, s.dialog = true, ev.late, true
	if ev.atOnce {
		s.status, s.taken, s.media = gateway.CallTrying, true, true
		return s, []effect{doTake{}}
	}
	s.status, s.sipStatus = gateway.CallRing, sipRinging
	return s, []effect{doRing{}}
}

func onTaken(s state) (state, []effect) {
	if !s.rings() {
		return s, nil
	}
	s.taken, s.media = true, true
	return s, []effect{doTake{}}
}

func onRegistered(s state) (state, []effect) {
	if s.hangingUp {
		return finish(s), nil
	}
	s.dialog = true
	return s, []effect{doInvite{}}
}

func onProvisional(s state, ev provisional) (state, []effect) {
	s.sipStatus = ev.status
	if s.hangingUp || s.up() {
		return s, nil
	}
	var effects []effect
	if len(ev.sdp) > 0 && !s.agreed { // else it is of another branch, and the one in effect could not be told again
		s.media = true
		effects = []effect{doNegotiate{sdp: ev.sdp}}
	}
	switch {
	case ev.status == sipTrying && s.status == gateway.CallPending:
		s.status = gateway.CallTrying
	case ev.status == sipRinging && s.media:
		s.status = gateway.CallRingMedia
	case ev.status == sipRinging:
		s.status = gateway.CallRing
	case ev.status == sipSessionProgress:
		s.status = gateway.CallSessionProgress
	}
	return s, effects
}

func onAnswered(s state, ev answered) (state, []effect) {
	s.sipStatus = ev.status
	if s.hangingUp { // the 200 crossed our CANCEL: signalling sends the BYE
		return s, nil
	}
	s.status, s.media = gateway.CallEstablished, true
	negotiate := doNegotiate{sdp: ev.sdp, final: true}
	switch {
	case !s.incoming && s.agreed && len(ev.sdp) == 0:
		return onHeld(s), nil
	case !s.incoming:
		s.held = gateway.Held{} // it may be another who answers
		return s, []effect{negotiate}
	case s.late:
		return onHeld(s), []effect{doConfirm{}, negotiate}
	}
	return onHeld(s), []effect{doConfirm{}} // what was agreed on is in our answer
}

func onHeld(s state) state {
	switch {
	case !s.up():
	case s.held == gateway.Held{}:
		s.status = gateway.CallEstablished
	default:
		s.status = gateway.CallHold
	}
	return s
}

func onFailed(s state, ev failed) (state, []effect) {
	s.dialog = false
	if ev.status != 0 {
		s.sipStatus = ev.status
	}
	if !s.hangingUp {
		s.ending = gateway.Ending{Reason: ev.cause, Text: ev.text}
	}
	return finish(s), nil
}

func onEnded(s state, ev ended) (state, []effect) {
	s.dialog = false
	if !s.hangingUp {
		s.ending = gateway.Ending{Reason: gateway.EndLocal, Text: ev.text}
		if ev.remote {
			s.ending.Reason = gateway.EndRemote
		}
	}
	return finish(s), nil
}

func onTransferTold(s state, ev transferTold) (state, []effect) {
	if s.transfer.Status != gateway.TransferPending {
		return s, nil
	}
	switch {
	case !ev.final:
		s.transfer.SIPStatus, s.transfer.Text = ev.status, ev.text
		return s, nil
	case ev.status >= sipOK && ev.status < 300:
		s.transfer.SIPStatus, s.transfer.Text = ev.status, ev.text
		s.transfer.Status = gateway.TransferCompleted
		return onHangup(s, gateway.Ending{Reason: gateway.EndTransferred})
	}
	return transferFails(s, ev.status, ev.text), nil
}

// transferFails ends a transfer that is under way.
func transferFails(s state, status int, text string) state {
	if s.transfer.Status == gateway.TransferPending {
		s.transfer.Status, s.transfer.SIPStatus, s.transfer.Text = gateway.TransferFailed, status, text
	}
	return s
}

func onHangup(s state, why gateway.Ending) (state, []effect) {
	if s.hangingUp {
		return s, nil
	}
	s.hangingUp, s.ending = true, why
	if s.dialog {
		return s, []effect{doHangup{}}
	}
	return finish(s), nil // nothing is out but perhaps a registration, which the actor abandons
}

// finish puts a call into the terminal status that its ending stands for.
func finish(s state) state {
	s.over = true
	s = transferFails(s, s.transfer.SIPStatus, "the call ended before the other side told what became of it")
	switch s.ending.Reason {
	case gateway.EndLocal, gateway.EndRemote, gateway.EndShutdown, gateway.EndBrowser, gateway.EndTransferred:
		s.status = gateway.CallFinish
	case gateway.EndBusy:
		s.status = gateway.CallBusy
	default:
		s.status = gateway.CallFailed
	}
	return s
}

// SIP statuses the machine tells apart (RFC 3261 section 21.1).
const (
	sipTrying          = 100
	sipRinging         = 180
	sipSessionProgress = 183
)
