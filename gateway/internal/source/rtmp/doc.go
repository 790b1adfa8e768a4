// Package rtmp makes streams of RTMP: Ingest publishes what a publisher sends to our own server, Pull what another
// server plays, and keeps fetching it.
//
// Both share demuxer, the mapping from FLV tags to units on one timeline, which knows nothing of connections:
// rtmp/server accepts them and runs Ingest on the connection's goroutine, Pull is the supervisor of its own. Each of
// them runs on the goroutine that calls it.
package rtmp
