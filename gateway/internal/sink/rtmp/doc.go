// Package rtmp sends streams as RTMP: Push publishes one to a server and keeps doing so, Try does it once to find out
// whether that would work, Play feeds one to a player of our own server.
//
// All share muxer, the mapping from units to FLV tags, which knows nothing of connections. Push is the supervisor: it
// waits for media, connects, feeds, and connects again; its dub puts silence or a sound in place of the stream's own
// before the muxer sees it. Each of them runs on the goroutine that calls it.
package rtmp
