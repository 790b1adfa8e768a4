// Package rtpio is the wire side of one RTP stream: a pair of UDP ports, the packets that come and go on them, and the
// RTCP beside them.
//
// A Pool hands out pairs of ports and lets used ones rest. A Session reads RTP, keeps to one remote source, puts packets
// in order (it waits only while one is missing), counts what is lost and hands the packets on; it reports by RTCP, asks
// for lost packets and for keyframes, and sends RTP, again if the peer misses it. With keys all of that is SRTP, and nothing
// else is taken.
//
// Before a session has them, Reflect asks a STUN server how ports look from outside a NAT, with a goroutine each that it joins.
//
// It does not know codecs, SDP or calls, and it has no notion of presentation time: that is package clock. It is not a
// playout buffer either: an orderly stream passes without delay.
//
// A session has two goroutines, which Close joins. The RTP goroutine reads, and calls Handle; its read deadline is the
// timer of a gap. The RTCP goroutine reads too; its read deadline is the timer of the reports. No callback is made under
// a lock; none may call Close. All methods may be called from any goroutine.
//
// In the media flow this is the first room: UDP -> rtpio -> depacketise -> clock -> stream.
package rtpio
