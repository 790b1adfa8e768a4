// Package dtmf speaks telephone keys: as RTP events (RFC 4733) in both directions, and as the bodies of SIP INFO requests.
//
// It is timing and bytes only: it has no clock, no socket and no goroutine. Whoever paces an RTP stream asks a Sender
// once every Tick what to send; a Receiver and a Sender belong to one goroutine each.
package dtmf
