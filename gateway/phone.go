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
