// Package rtmp sends streams as RTMP: Push publishes one to a server and keeps doing so, Play feeds one to a player of
// our own server.
//
// Both share muxer, the mapping from units to FLV tags, which knows nothing of connections. Push is the supervisor: it
// waits for media, connects, feeds, and connects again. Each of them runs on the goroutine that calls it.
package rtmp
