// Package rtc is WebRTC as the gateway needs it, around pion/webrtc: one port, UDP and TCP, that every browser's media
// shares, and peers behind it. It reads an offer, picks what the gateway speaks, answers once and completely, and
// carries RTP and RTCP both ways. Where a browser is called it makes the offer and reads the answer. There is one description
// each way, never another. It knows no stream: sink/webrtc sends units on tracks, source/webrtc makes units of what
// feeds bring.
//
// Nobody trickles: a description of ours holds every candidate, and where a browser is reached is learned from its checks. A STUN
// server is asked about the one port itself; a TURN server gives each peer a relay of its own.
//
// What all browsers are sent at one moment leaves together: packets wait in an outbox until those who write at that
// moment have written, and go to the system many at a time. Pictures are packed once for all who watch them.
//
// An Endpoint is safe for concurrent use; its goroutines, one of which sends, end with Close. A Peer's goroutines end
// with Close, which waits for them; a Track is written and read by one goroutine each, and so are the packets and the
// reports of a Feed.
package rtc
