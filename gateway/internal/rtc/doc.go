// Package rtc is WebRTC as the gateway needs it, around pion/webrtc: one port, UDP and TCP, that every browser's media
// shares, and peers behind it. It reads an offer, picks what the gateway speaks, answers once and completely, and
// carries RTP and RTCP. It knows no stream: sink/webrtc packs units and feeds tracks.
//
// Nobody trickles: an answer holds every candidate, and where a browser is reached is learned from its checks.
//
// An Endpoint is safe for concurrent use. A Peer's goroutines end with Close, which waits for them; a Track is written
// and read by one goroutine each.
package rtc
