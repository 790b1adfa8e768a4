package gateway

import "fmt"

// Code says what sort of error an Error is. A client branches on it and translates it.
type Code string

// The codes.
const (
	CodeInvalid     Code = "invalid"     // a field's value cannot be used: fix it and try again
	CodeNotFound    Code = "not_found"   // no such call, stream or file
	CodeConflict    Code = "conflict"    // it exists already, or the state does not allow it
	CodeUnavailable Code = "unavailable" // the gateway cannot do it now: a port is taken, it is stopping
	CodeInternal    Code = "internal"    // a fault of the gateway
)

// Error is the only error the contract returns. Message is a full English sentence that names the field, the value
// (secrets masked) and the remedy; Reason is a stable key for translations, with Field and Value as its arguments.
type Error struct {
	Code    Code
	Reason  string // e.g. "login_characters"; see the Reason constants
	Field   string // the WCS name of the field, e.g. "sipLogin"
	Value   string
	Message string
	Err     error // what caused it, if anything
}

func (e *Error) Error() string { return e.Message }

func (e *Error) Unwrap() error { return e.Err }

// Reasons that clients translate. Each stands for one sentence.
const (
	ReasonRequired            = "required"             // Field is missing
	ReasonCharacters          = "characters"           // Field holds characters that SIP does not allow
	ReasonSIPURI              = "sip_uri"              // Field is not a SIP address
	ReasonScheme              = "scheme"               // Field's URL has an unknown scheme
	ReasonURL                 = "url"                  // Field is not a URL
	ReasonHost                = "host"                 // Field names a host that cannot be resolved
	ReasonPort                = "port"                 // Field is not a port
	ReasonChoice              = "choice"               // Field is none of the values allowed
	ReasonDigits              = "digits"               // Field is not DTMF
	ReasonTooLong             = "too_long"             // Field is longer than allowed
	ReasonCallExists          = "call_exists"          // a call with this id exists
	ReasonTargetInUse         = "target_in_use"        // another call publishes to this URL and name
	ReasonStreamInUse         = "stream_in_use"        // another source publishes under this name
	ReasonCallNotFound        = "call_not_found"       // no call with this id
	ReasonStreamMissing       = "stream_missing"       // no stream with this name
	ReasonNotUp               = "not_established"      // the call is not established
	ReasonHoldRefused         = "hold_refused"         // the other side does not agree to hold or take back the call
	ReasonNotRinging          = "not_ringing"          // the call is not one that rings here
	ReasonTransferRefused     = "transfer_refused"     // the other side does not take the transfer
	ReasonRegistrationExists  = "registration_exists"  // a registration with this id exists
	ReasonRegistrationMissing = "registration_missing" // no registration with this id
	ReasonTonesRefused        = "tones_refused"        // the other side does not take tones sent this way
	ReasonAuthority           = "authority"            // Field is not a file of certificate authorities
	ReasonSTUN                = "stun"                 // the server at Field does not tell the public address
	ReasonPortTaken           = "port_taken"           // something else listens there
	ReasonStopping            = "stopping"             // the gateway is stopping
	ReasonNoPorts             = "no_ports"             // the RTP port range is used up
	ReasonNoDecoder           = "no_decoder"           // the codec cannot be decoded by this build
	ReasonSDP                 = "sdp"                  // Field is not a session description
	ReasonNoCodec             = "no_codec"             // the offer holds no codec that the gateway sends
	ReasonSessionMissing      = "session_missing"      // no media session with this id
	ReasonSessionExists       = "session_exists"       // a media session with this id exists
	ReasonPushMissing         = "push_missing"         // no push with this id
	ReasonPushExists          = "push_exists"          // the stream is pushed there already
	ReasonPullMissing         = "pull_missing"         // no pull with this id or URI
	ReasonPullExists          = "pull_exists"          // this URI is pulled already
	ReasonPushRefused         = "push_refused"         // the RTMP server did not take the stream
	ReasonFileMissing         = "file_missing"         // no such sound file
	ReasonFileFormat          = "file_format"          // not a sound file that can be played
	ReasonDeviceMissing       = "device_missing"       // no such microphone or camera
	ReasonDeviceBusy          = "device_busy"          // another program uses the microphone or camera, or it is forbidden
	ReasonBrowserTalks        = "browser_talks"        // a browser talks in the call, so nobody at this machine can
	ReasonTooMany             = "too_many"             // as many as the gateway serves at once are there
	ReasonInternal            = "internal"             // a fault of the gateway; the log has the detail
)

// Invalid makes an error about one field. The remedy is a sentence.
func Invalid(reason, field, value, remedy string) *Error {
	return &Error{
		Code: CodeInvalid, Reason: reason, Field: field, Value: value,
		Message: fmt.Sprintf("%s %q: %s", field, value, remedy),
	}
}
