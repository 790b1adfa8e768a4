// Package stun is the little of STUN (RFC 8489) by which a UDP socket finds out how it looks from outside: a question, the
// address in its answer, and a word that keeps the way open in a NAT. It holds bytes only; who has a socket sends and reads
// them, and asks again when nothing comes.
//
// All functions may be called from any goroutine. It imports the standard library only.
//
// It stands beside the media flow: sipua asks of the SIP socket, rtpio of the ports of a call.
package stun
