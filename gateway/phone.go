package gateway

import "time"

// RegisterSpec asks to keep an account registered, so that calls for it come in.
type RegisterSpec struct {
	ID      string // made up by the client
	Account Account
}

// Registration is a snapshot of one account that is kept registered.
type Registration struct {
	ID        string
	Account   Account
	Status    RegistrationStatus
	SIPStatus int       // the registrar's last answer; 0 before any
	Text      string    // what the registrar or the network said, in its own words
	Reason    EndReason // why it failed; empty if it did not, or if Text is all that is known
	Expires   time.Time // of what the registrar granted; zero while it is not registered
	Created   time.Time
}

// RegistrationStatus is the state of a registration.
type RegistrationStatus string

// The states of a registration. One that failed is tried again, ever less often.
const (
	RegistrationPending RegistrationStatus = "PENDING"
	RegistrationUp      RegistrationStatus = "REGISTERED"
	RegistrationFailed  RegistrationStatus = "FAILED"
)

// TransferSpec asks to connect the remote party of a call with somebody else.
type TransferSpec struct {
	CallID   string
	Target   string // user, user@host or a SIP URI; not needed with Replaces
	Replaces string // another call of ours whose remote party it is to be: an attended transfer
}

// Transfer tells what becomes of a transfer. It is zero while there is none.
type Transfer struct {
	Target    string
	Status    TransferStatus
	SIPStatus int    // what the new party answered; 0 before
	Text      string // what was said
	Number    int    // which of the call's transfers it is, from 1: one may end just as the one before
}

// TransferStatus is the state of a transfer.
type TransferStatus string

// The states of a transfer. After one that failed the call goes on as before.
const (
	TransferPending   TransferStatus = "PENDING"
	TransferCompleted TransferStatus = "COMPLETED"
	TransferFailed    TransferStatus = "FAILED"
)

// AnswerSpec says how an incoming call is taken.
type AnswerSpec struct {
	CallID     string
	SDP        string // what a browser answered to OfferCall: it talks in the call. Empty: no browser does
	Stream     string // the name of the stream the call becomes; as CallSpec has it if empty
	RTMPURL    Secret // as in CallSpec
	RTMPStream Secret
	Keep       time.Duration // as in CallSpec
}

// AnswerRule takes incoming calls by itself. It also admits calls that no registration is there for.
type AnswerRule struct {
	Callee  string // pattern of the user that is called: * is any run of characters, ? any one; empty = everybody
	Caller  string // likewise, of the user that calls
	Stream  string // the name of the stream; {callee}, {caller} and {callId} stand for what they say. Empty: {callId}
	RTMPURL Secret
	// RTMPStream is the name at RTMPURL, with the same words in braces.
	RTMPStream Secret
	Maximum    int // calls at a time that this rule takes; further ones are refused as busy. 0 = 1
}
