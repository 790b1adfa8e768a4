// Package engine implements the gateway contract: it holds the registries of calls and streams, wires sources,
// streams and sinks together, and owns their goroutines.
//
// No I/O happens under one of its locks. What a call does is the call actor's business (internal/call); the engine
// builds the call's room - stream, media, signalling, push - and takes it down in order: signalling first, while the
// media still stands, then media, then sinks, which drain. A browser that talks in a call belongs to its room: the call ends with it, and it with
// the call.
package engine
