// Package ring rings from this machine's loudspeaker. It does not know why: the console says when.
//
// Concurrency: Ring and Close never wait for a driver longer than they say, and may be called from any goroutine.
// A driver cannot be interrupted: if one hangs, one goroutine is left behind, and nothing rings any more.
package ring
