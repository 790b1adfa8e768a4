// Package ladder keeps the SIP messages of calls for people to look at. It is told every message that crosses the
// network and keeps those of calls it knows, with secrets masked before they are kept. It understands no more of SIP than
// it takes to tell which call a message belongs to, and trusts nothing in it.
//
// All methods are safe for concurrent use. It stands beside the signalling: nothing waits for it.
package ladder
