// Package rtmp is the source that an RTMP publisher is: it turns the tags of a connection into units of a stream.
//
// It knows nothing of connections or names: rtmp/server accepts them and runs Ingest on the connection's goroutine.
package rtmp
