// Package playout gives a stream's units out at the pace of the wall clock, for a receiver that has no say in it: the
// remote party of a call.
//
// A stream's units come when its source has them: early, late, in heaps, on another machine's clock. A Playout reads
// them, waits a little so that most are there in time, and answers what is to sound and to show at a moment. It bends
// the tie between the two clocks so that a source that is late stays whole and one that is early does not pile up, and
// it bends it for audio and video together, so they stay in step.
//
// It packs nothing, sends nothing and makes up nothing: where the stream has nothing, it says so.
//
// Run belongs to one goroutine, which ends with the stream or the context. The other methods may be called from any
// goroutine, and none of them blocks.
//
// In the media flow: stream -> here -> the sending half of source/sip -> rtpio.
package playout
