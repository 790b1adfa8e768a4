package gateway

import "time"

// CallSpec is what a client asks for when it starts a call.
type CallSpec struct {
	ID          string // WCS callId, also the SIP Call-ID; unique among calls
	Callee      string // user, user@host or a SIP URI
	Account     Account
	Stream      string // WCS toStream: the name of the stream the call becomes; ID if empty
	RTMPURL     Secret // where the call is pushed, if anywhere; may hold credentials
	RTMPStream  Secret // the name at that URL; empty if RTMPURL is the full address with the key
	HasAudio    bool   // true offers sendrecv, false recvonly
	HasVideo    bool
	VisibleName string // display name of the From address
	AppKey      string
	Custom      map[string]any
	Keep        time.Duration // how long the call waits for another browser when the one that talks in it leaves; 0 = it ends
}

// CallStatus is the state of a call, in WCS's words.
type CallStatus string

// The statuses of a call.
const (
	CallNew             CallStatus = "NEW"
	CallPending         CallStatus = "PENDING" // accepted; registering
	CallTrying          CallStatus = "TRYING"
	CallRing            CallStatus = "RING"
	CallRingMedia       CallStatus = "RING_MEDIA" // ringing with early media
	CallSessionProgress CallStatus = "SESSION_PROGRESS"
	CallEstablished     CallStatus = "ESTABLISHED"
	CallHold            CallStatus = "HOLD" // by either side
	CallBusy            CallStatus = "BUSY"
	CallFailed          CallStatus = "FAILED"
	CallFinish          CallStatus = "FINISH"
)

// Ended reports whether a call in this state is over.
func (s CallStatus) Ended() bool { return s == CallBusy || s == CallFailed || s == CallFinish }

// Held says who holds a call.
type Held struct {
	Local  bool // we do
	Remote bool // the other side does
}

// RTMPStatus is the state of a call's push, in WCS's words.
type RTMPStatus string

// The statuses of a push. Empty means that the call is not pushed.
const (
	RTMPWait   RTMPStatus = "RTMP_STREAM_WAIT"
	RTMPActive RTMPStatus = "RTMP_STREAM_ACTIVE"
	RTMPLost   RTMPStatus = "RTMP_CONNECTION_LOST"
	RTMPFailed RTMPStatus = "RTMP_CONNECTION_FAILED"
)

// Call is a snapshot of one call.
type Call struct {
	ID           string
	AppKey       string
	Custom       map[string]any
	Incoming     bool
	Registration string // the registration an incoming call came by, if any
	Browser      bool   // a browser talks in it
	Status       CallStatus
	Held         Held
	SIPStatus    int    // the last SIP status; 408 if the other side was silent (RFC 3261 8.1.3.1); 0 before any
	Caller       string // login
	Callee       string
	VisibleName  string
	Stream       string // empty while the call rings here: it is named when it is answered
	RTMPURL      Secret
	RTMPStream   Secret
	RTMPTarget   string // URL and name with credentials and key masked, for display
	RTMPStatus   RTMPStatus
	RTMPProblem  string // what the RTMP server or the network last said; empty when all is well
	HasAudio     bool
	HasVideo     bool
	Injected     string // the stream that goes to the remote party in place of silence and slate
	Playing      string // the sound file that does
	Muted        bool   // what goes to the remote party has silence in place of its sound
	Devices      DeviceUse
	Digits       string // the keys that the remote party has pressed, in order; only the latest MaxDigits
	Transfer     Transfer
	Encrypted    bool        // media is SRTP
	Refused      []MediaLine // what of the session description was refused by either side, and why
	SDP          string      // the answer of the remote party, once there
	Ending       Ending
	Created      time.Time
	Established  time.Time // zero before
	Ended        time.Time // zero before
	Audio        MediaStats
	Video        MediaStats
}

// MaxDigits is how many received keys a Call remembers.
const MaxDigits = 256

// MediaLine is a line of a session description, or codecs or an address of it, that is not used in the call.
type MediaLine struct {
	Kind   string // "audio", "video", or as the line names it
	Reason LineReason
	Theirs []string // what the reason speaks of, as the other side names it: codecs, a transport, an address
	Ours   []string // likewise of this side
	Why    string   // all of it in plain English
}

func (l MediaLine) String() string { return l.Kind + ": " + l.Why }

// LineReason is why a line or codec is not used, a key for translations.
type LineReason string

// Why lines are not used, and codecs of those that are.
const (
	LineAbsent     LineReason = "absent"      // the answer does not have it
	LineDeclined   LineReason = "declined"    // the other side does not want it
	LineKind       LineReason = "kind"        // neither sound nor pictures
	LineSecond     LineReason = "second"      // one of its kind is used already
	LineNoPort     LineReason = "no_port"     // it was not asked for here
	LineNoCodecs   LineReason = "no_codecs"   // the list of codecs has none of this kind
	LineTransport  LineReason = "transport"   // Theirs is no transport of RTP
	LineClear      LineReason = "clear"       // the other side does not encrypt, the account has to
	LineSecret     LineReason = "secret"      // the other side encrypts, the account never does
	LineNoKey      LineReason = "no_key"      // the other side encrypts, but names no key
	LineBadKeys    LineReason = "bad_keys"    // none of its keys can be used; Ours are the suites that could
	LineNoAddress  LineReason = "no_address"  // the other side does not say where it receives
	LineBadAddress LineReason = "bad_address" // Theirs is no IP address
	LineMulticast  LineReason = "multicast"   // Theirs is the address of a group
	LineFamily     LineReason = "family"      // Theirs is an address of another version of IP than Ours; media goes to where its own comes from
	LineUnmatched  LineReason = "unmatched"   // none of Theirs is one of Ours
	LineNotTaken   LineReason = "not_taken"   // codecs of Ours that the other side does not use
	LineNotListed  LineReason = "not_listed"  // codecs of Theirs that the list of codecs does not have
)

// Ending says why a call ended, or is being ended. It is zero while the call lives.
type Ending struct {
	Reason EndReason
	Text   string // what the other side or the network said, e.g. "486 Busy Here"
}

// EndReason is the sort of ending, a key for translations.
type EndReason string

// How calls end.
const (
	EndLocal        EndReason = "local"        // we hung up
	EndRemote       EndReason = "remote"       // the other side hung up
	EndBusy         EndReason = "busy"         // 486, 600
	EndRejected     EndReason = "rejected"     // any other final refusal
	EndNoAnswer     EndReason = "no_answer"    // it rang and nobody took it
	EndUnreachable  EndReason = "unreachable"  // no SIP answer at all, or no route
	EndRegistration EndReason = "registration" // the registrar refused or did not answer
	EndAuth         EndReason = "auth"         // 401, 407 or 403 after credentials were sent
	EndNoMedia      EndReason = "no_media"     // the answer holds nothing we can receive
	EndFamily       EndReason = "family"       // the SIP server has no address of the version of IP that is spoken here
	EndNotTLS       EndReason = "not_tls"      // the SIP server does not speak TLS on this port
	EndAuthority    EndReason = "authority"    // the authority of the SIP server's certificate is not known
	EndPin          EndReason = "pin"          // the SIP server's certificate is another than was pinned
	EndExpired      EndReason = "expired"      // the SIP server's certificate is not valid any more, or not yet
	EndServerName   EndReason = "server_name"  // the SIP server's certificate is for another name
	EndCertificate  EndReason = "certificate"  // the SIP server's certificate is no good for another reason
	EndTransferred  EndReason = "transferred"  // the other side talks with somebody else now
	EndBrowser      EndReason = "browser"      // the browser that talked in it has gone
	EndShutdown     EndReason = "shutdown"     // the gateway stopped
	EndInternal     EndReason = "internal"     // a fault of the gateway
)

// DTMFType is how tones travel.
type DTMFType string

// The ways. INFO_RELAY is SIP INFO with application/dtmf-relay, INFO is application/dtmf. RFC2833 becomes tones in the
// sound where the other side knows no telephone-event.
const (
	DTMFRFC2833   DTMFType = "RFC2833"
	DTMFInfo      DTMFType = "INFO"
	DTMFInfoRelay DTMFType = "INFO_RELAY"
)

// DTMF is a sequence of tones: 0-9 * # A-D.
type DTMF struct {
	Digits string
	Type   DTMFType // RFC2833 if empty
}
