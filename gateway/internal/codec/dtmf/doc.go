// Package dtmf speaks telephone keys: as RTP events (RFC 4733), as tones in the sound (ITU-T Q.23) and as the bodies of SIP
// INFO requests, each in both directions; and it tells once what was told in more than one of these ways.
//
// It is timing, bytes and samples only: it has no clock, no socket and no goroutine. Whoever paces an RTP stream asks a
// Sender once every Tick what to send; a Receiver, a Detector, an Once and a Sender belong to one goroutine each.
package dtmf
