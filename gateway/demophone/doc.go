// Package demophone is a small SIP phone that answers calls with a moving test card and sound. It stands behind
// --demo, and it is a peer for tests.
//
// It shares no SIP, SDP or RTP code with the gateway on purpose, so that a call between the two proves something. It
// is a callee only, speaks UDP only, and knows no more of SIP (RFC 3261) than answering needs: ringing, reliable final
// answers, ACK, re-INVITE, CANCEL, BYE both ways, OPTIONS, INFO and digest with MD5.
//
// Its media is the truth that tests measure against: pictures and sound of the clip in package assets leave on one
// clock, flash and beep together, RTP timestamps exact, sender reports consistent (RFC 3550).
//
// Concurrency: one goroutine reads SIP, one per call owns that call's state, one sends the media of all calls, and
// each of a call's sockets has one reader. Close joins them all. All exported methods are safe for concurrent use.
package demophone
