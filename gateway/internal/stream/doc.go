// Package stream is the hub: a named stream with one publisher and any number of readers.
//
// Publishing never blocks and never waits for a reader: each reader has its own bounded queue. A reader that falls
// behind loses its backlog, its video stays shut until the next key unit, its audio goes on, and what it lost is
// counted and flagged on the next unit it gets. A new reader starts in the same shut state and is first handed the
// cached units since the last key unit, so that joining late and recovering are one code path.
//
// A reader says which codecs it takes. Where the source does not deliver one of them, a derived track is made: once
// per stream and codec, started by the first reader that needs it, stopped with the last.
//
// The package knows no codec library, no source and no sink. Stream, Publisher and Reader are safe for concurrent
// use, except that one Reader has one goroutine calling Next.
package stream
