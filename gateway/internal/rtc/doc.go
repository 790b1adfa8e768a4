// Package rtc is WebRTC as the gateway needs it, around pion/webrtc: one port, UDP and TCP, that every browser's media
// shares, and peers behind it. It reads an offer, picks what the gateway speaks, answers once and completely, and
// carries RTP and RTCP both ways. Where a browser is called it makes the offer and reads the answer. There is one description
// each way, never another. It knows no stream: sink/webrtc packs units and feeds tracks, source/webrtc makes units
// of what feeds bring.
//
// Nobody trickles: a description of ours holds every candidate, and where a browser is reached is learned from its checks. A STUN
// server is asked about the one port itself; a TURN server gives each peer a relay of its own.
//
// An Endpoint is safe for concurrent use. A Peer's goroutines end with Close, which waits for them; a Track is written
// and read by one goroutine each, and so are the packets and the reports of a Feed.
package rtc
