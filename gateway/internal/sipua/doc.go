// Package sipua is Callcast's SIP user agent: it registers accounts, places and takes calls and speaks for them
// inside their dialogs, over UDP and TCP on one port, and over TLS on connections it opens. It finds out how others see it, by STUN and from what
// registrars answer. It knows messages and timers; it knows nothing of SDP (bodies pass through as bytes), of RTP, or of
// what a call means to the gateway. It stands beside the media flow: the call actor owns a
// Dialog, feeds the SDP it receives to the negotiation, and hangs up.
//
// # Concurrency
//
// All exported methods are safe for concurrent use. Each Dialog, each registration and each connection we open has one
// goroutine, owned by the Agent and joined by Close; that of a call to us is the one in which its INVITE arrived. The events of a dialog are delivered by its goroutine, one at a time and in order, and
// the last of them is always exactly one Failed or Ended.
//
// # Imports
//
// Only this package imports github.com/emiago/sipgo and github.com/icholy/digest. Of sipgo it uses the parser, the
// transports and the transactions (RFC 3261 sections 17 and 18); everything above them is here.
package sipua
